import type { End } from '../stack/fleet.js';
import type { Counts, Evidence, JobEvidence, ProcessEvidence, Sent, StoreEvidence } from './evidence.js';

/** One thing that is not as it has to be. */
export interface Finding {
  readonly kind: 'lost' | 'doubled' | 'wrong';
  /** One sentence with the ids. */
  readonly text: string;
}

export interface Verdict {
  readonly findings: readonly Finding[];
  /** Records on `image-tags` beyond the first of each result, without those of events that were sent twice. */
  readonly repeats: number;
}

export interface Bounds {
  /** Most repeats that the faults of the schedule explain. */
  readonly repeats: number;
  /** Delivery in transactions: committed results have no repeats. */
  readonly exactlyOnce: boolean;
  /** Images of the job; 0 if the schedule has none. */
  readonly jobImages: number;
}

/** Longest time for a group to have its members again, and for a process to end (ms). */
export const membersBackWithinMs = 30_000;
export const endWithinMs = 10_000;

/** Compares what was read with what was sent. */
export function judge(sent: readonly Sent[], evidence: Evidence, bounds: Bounds): Verdict {
  const tagged = sent.filter(({ expected }) => expected.kind === 'result');
  const repeats = repeatsOf(sent, evidence);
  const allowed = bounds.exactlyOnce ? 0 : bounds.repeats;
  return {
    repeats,
    findings: [
      ...outcomes(sent, evidence),
      ...lakeRows(sent, evidence),
      ...(evidence.stores ? storedOnce(tagged, evidence.stores) : []),
      ...(evidence.job ? jobFindings(evidence.job, bounds.jobImages) : []),
      ...processFindings(evidence.processes),
      ...(repeats > allowed ? [doubled(`${repeats} repeated results, where ${allowed} are explained`)] : []),
    ],
  };
}

const lost = (text: string): Finding => ({ kind: 'lost', text });
const doubled = (text: string): Finding => ({ kind: 'doubled', text });
const wrong = (text: string): Finding => ({ kind: 'wrong', text });

function repeatsOf(sent: readonly Sent[], { topics }: Evidence): number {
  return sent.reduce((sum, { id, expected }) => {
    if (expected.kind !== 'result') return sum;
    return sum + Math.max(0, (topics.results.get(expected.id) ?? 0) - Math.max(1, topics.inputs.get(id) ?? 1));
  }, 0);
}

/** Every event has its result, or its dead letter with the right code, and not both. */
function outcomes(sent: readonly Sent[], { topics }: Evidence): Finding[] {
  return sent.flatMap(({ id, imageId, expected }) => {
    const codes = topics.letters.get(id) ?? [];
    if (expected.kind === 'result') {
      if (codes.length > 0) return [wrong(`${imageId} became a dead letter (${codes.join(', ')})`)];
      return topics.results.has(expected.id) ? [] : [lost(`${imageId} has no result`)];
    }
    if (codes.length === 0) return [lost(`${imageId} has no dead letter (${expected.code})`)];
    return codes.every((code) => code === expected.code)
      ? []
      : [wrong(`${imageId} became a dead letter of ${codes.join(', ')}, not of ${expected.code}`)];
  });
}

/** The lake has one row for each record of a result. */
export function lakeRows(sent: readonly Sent[], { topics, rows }: Pick<Evidence, 'topics' | 'rows'>): Finding[] {
  return sent.flatMap(({ imageId, expected }) => {
    if (expected.kind !== 'result') return [];
    const { id } = expected;
    const [records, found] = [topics.results.get(id) ?? 0, rows.get(id) ?? 0];
    if (found < records) return [lost(`lake: ${imageId} has ${found} rows for ${records} records`)];
    return found > records ? [doubled(`lake: ${imageId} has ${found} rows for ${records} records`)] : [];
  });
}

function storedOnce(tagged: readonly Sent[], stores: StoreEvidence): Finding[] {
  const { objects, documents, hashes, listings } = stores;
  const wanted = new Set(tagged.map(({ imageId }) => imageId));
  const each = tagged.flatMap(({ imageId, listingId, expected }) => {
    const id = expected.kind === 'result' ? expected.id : '';
    const held = objects.get(imageId) ?? [];
    return [
      ...(held.length === 0 ? [lost(`s3: ${imageId} has no object`)] : []),
      ...(held.length > 1 ? [doubled(`s3: ${imageId} has ${held.length} objects`)] : []),
      ...(held.some((result) => result !== id) ? [wrong(`s3: ${imageId} holds ${held.join(', ')}, not ${id}`)] : []),
      ...countFindings('solr', imageId, documents.get(imageId) ?? 0),
      ...(hashes.get(imageId) === id ? [] : [lost(`redis: ${imageId} holds ${hashes.get(imageId) ?? 'nothing'}`)]),
      ...(listings.get(listingId)?.includes(imageId) ? [] : [lost(`redis: the set of ${listingId} lacks ${imageId}`)]),
    ];
  });
  const unknown = (store: string, ids: Iterable<string>) =>
    [...ids].filter((id) => !wanted.has(id)).map((id) => wrong(`${store}: ${id} is stored and was never tagged`));
  return [
    ...each,
    ...unknown('s3', objects.keys()),
    ...unknown('solr', documents.keys()),
    ...unknown('redis', [...listings.values()].flat()),
  ];
}

function countFindings(store: string, imageId: string, found: number): Finding[] {
  if (found === 1) return [];
  return [
    found === 0 ? lost(`${store}: ${imageId} is missing`) : doubled(`${store}: ${imageId} is there ${found} times`),
  ];
}

/** Every image of the job is counted and listed once, and its callback got it at least once. */
function jobFindings(job: JobEvidence, images: number): Finding[] {
  const { state, tagged, failed, items, callbacks } = job;
  const missing = (found: readonly number[]) =>
    Array.from({ length: images }, (_, item) => item).filter((item) => !found.includes(item));
  const [unlisted, undelivered] = [missing(items), missing(callbacks.items)];
  const [summary] = callbacks.summaries;
  return [
    ...(state === 'finished' ? [] : [wrong(`the job is ${state}`)]),
    ...(job.images === images && tagged + failed === images && failed === 1
      ? []
      : [
          wrong(`the job counts ${job.images} images, ${tagged} tagged, ${failed} failed, of ${images} with 1 bad one`),
        ]),
    ...(unlisted.length > 0 ? [lost(`job results: no line for items ${unlisted.join(', ')}`)] : []),
    ...(items.length > new Set(items).size ? [doubled(`job results: ${items.length} lines for ${images} images`)] : []),
    ...(undelivered.length > 0 ? [lost(`callbacks: no delivery of items ${undelivered.join(', ')}`)] : []),
    ...(summary === undefined ? [lost('callbacks: no summary')] : []),
    ...(summary !== undefined && summary.tagged + summary.failed !== images
      ? [wrong(`callbacks: the summary counts ${summary.tagged} tagged and ${summary.failed} failed`)]
      : []),
  ];
}

function processFindings(processes: ProcessEvidence): Finding[] {
  const { ends, membersBackMs, settledMs, unsettled, zombies } = processes;
  return [
    ...ends.flatMap(endFindings),
    ...(membersBackMs !== undefined && membersBackMs <= membersBackWithinMs
      ? []
      : [wrong(`groups without all their members after ${membersBackWithinMs / 1_000} s: ${unsettled.join('; ')}`)]),
    ...(settledMs === undefined ? [wrong(`lag does not go to 0: ${unsettled.join('; ')}`)] : []),
    ...zombies.map((zombie) => wrong(`${zombie} says that it is ready, and is not a member of its group`)),
  ];
}

/** Every process that got SIGTERM ends in time, with code 0. */
export function endFindings({ name, tookMs, exit, wasReady }: End): Finding[] {
  // The signal ends a process that has not yet installed its handler.
  const isRight = exit.code === 0 || (!wasReady && exit.signal === 'SIGTERM');
  return [
    ...(tookMs <= endWithinMs ? [] : [wrong(`${name} ended ${(tookMs / 1_000).toFixed(1)} s after SIGTERM`)]),
    ...(isRight ? [] : [wrong(`${name} ended with ${exit.signal ?? `code ${exit.code}`} after SIGTERM`)]),
  ];
}

/** Sum of all counts. */
export function total(counts: Counts): number {
  return [...counts.values()].reduce((sum, each) => sum + each, 0);
}
