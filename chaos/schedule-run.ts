import { sleep, systemClock as clock } from '../primitives/clock.js';
import { randomFrom } from '../primitives/seeded-random.js';
import { injectors } from './faults/injectors.js';
import type { Scene } from './faults/injector.js';
import { drawEvents, drawJobImages } from './load/events.js';
import { submitJob, type SentJob } from './load/job.js';
import type { Photo } from './load/photos.js';
import { makeResults } from './load/results.js';
import type { Sender } from './load/sender.js';
import type { SentEvent } from './load/sent-event.js';
import type { Evidence, Sent, StoreEvidence, TopicEvidence } from './oracle/evidence.js';
import type { WatchedGroup } from './oracle/groups.js';
import { jobWaitsFor, readJob } from './oracle/job.js';
import type { KafkaOracle } from './oracle/kafka.js';
import type { ObjectReader } from './oracle/objects.js';
import { settle } from './oracle/settling.js';
import { readLake, readStores } from './oracle/stores.js';
import { outcomeTopics, readTopics } from './oracle/topics.js';
import { judge } from './oracle/verdict.js';
import { watchForZombies } from './oracle/zombie-watch.js';
import type { Schedule } from './plan/schedule.js';
import { isRole } from './plan/targets.js';
import { rowOf, type Row } from './report/row.js';
import type { Stack } from './stack/stack.js';

/** The parts that all schedules of a run share. */
export interface RunContext {
  readonly stack: Stack;
  readonly sender: Sender;
  readonly oracle: KafkaOracle;
  readonly objects: ObjectReader;
  readonly groups: readonly WatchedGroup[];
  readonly photos: readonly Photo[];
  readonly seed: number;
  readonly exactlyOnce: boolean;
  /** Events and topic contents of the schedules so far. */
  readonly history: { readonly sent: readonly Sent[]; readonly topics: TopicEvidence }[];
  readonly signal: AbortSignal;
}

const readyTimeoutMs = 90_000;
const jobImages = 12;
/** Records in flight of one worker of stages. */
const windowOfStages = 128;

/** Runs one schedule: sends its records, lets its faults happen, waits for the end, and reads everything. */
export async function runSchedule(context: RunContext, schedule: Schedule): Promise<Row> {
  const { stack, oracle, objects, groups, signal } = context;
  const { fleet } = stack;
  const begun = performance.now();
  await fleet.ensure(schedule.workers, readyTimeoutMs);
  const watched = groups.filter(({ role }) => fleet.running(role).length > 0);
  const since = await oracle.ends(outcomeTopics);
  const watch = watchForZombies(oracle, watched, fleet);
  fleet.takeEnds();
  fleet.takeOwnExits();

  const scene: Scene = { stack, wait: (ms) => sleep(clock, ms, signal) };
  let loaded: Loaded | undefined;
  const loading = sendLoad(context, schedule).then((done) => (loaded = done));
  const faults = schedule.faults.map(async (fault) => {
    await scene.wait(fault.atMs);
    await injectors[fault.act](fault, scene);
  });
  await Promise.race([Promise.all(faults), failureOf(loading)]);
  const settled = await settle({
    ...{ oracle, fleet, groups: watched },
    async waitsFor() {
      if (loaded === undefined) return 'records are still being sent';
      return loaded.job === null ? undefined : jobWaitsFor(gatewayUrlOf(stack), loaded.job, stack.hooks);
    },
  });
  const { sent, job } = await loading;
  const zombies = await watch.stop();
  const [topics, lake] = [await readTopics(oracle, since), await readLake(objects)];
  const stores = schedule.load.kind === 'events' ? await storesOf(context, schedule, sent) : null;
  context.history.push({ sent, topics });
  const gatewayUrl = gatewayUrlOf(stack);
  const evidence: Evidence = {
    topics: schedule.load.kind === 'events' ? topics : { ...topics, inputs: new Map() },
    rows: lake.rows,
    stores,
    job: job === null || gatewayUrl === undefined ? null : await readJob(gatewayUrl, job, stack.hooks),
    processes: { ...settled, zombies, ends: fleet.takeEnds(), ownExits: fleet.takeOwnExits() },
  };
  const verdict = judge(sent, evidence, {
    repeats: explainedRepeats(schedule, evidence.processes.ownExits.length),
    exactlyOnce: context.exactlyOnce,
    jobImages,
  });
  const unreadable = lake.unreadable.map((text) => ({ kind: 'wrong', text: `lake: ${text}` }) as const);
  return rowOf(schedule, sent, {
    evidence,
    verdict: { ...verdict, findings: [...verdict.findings, ...unreadable] },
    tookMs: performance.now() - begun,
  });
}

/** Start of the ids of all photos of a schedule. */
function prefixOf({ seed }: RunContext, { number }: Schedule): string {
  return `c${seed}x${number}`;
}

interface Loaded {
  readonly sent: readonly Sent[];
  readonly job: SentJob | null;
}

/** Resolves once the broker has all records, and the gateway the job. */
async function sendLoad(context: RunContext, schedule: Schedule): Promise<Loaded> {
  const { stack, sender, photos, seed } = context;
  const { load, number } = schedule;
  const prefix = prefixOf(context, schedule);
  if (load.kind === 'results') {
    const results = makeResults(load.count, prefix, Date.now());
    await sender.results(results, load.perSecond);
    return { sent: results.map(({ id, tags }) => ({ ...tags, id, expected: { kind: 'result', id } })), job: null };
  }
  const sources = { photos, web: stack.photos, random: randomFrom(seed + number), prefix };
  const events = drawEvents(load.count, sources);
  const images = drawJobImages(jobImages, sources);
  const callbackPath = `/hook/${prefix}`;
  const [job] = await Promise.all([
    submitJob(() => gatewayUrlOf(stack), { images, callbackPath, callback: stack.hooks.url(callbackPath) }),
    sender.events(events, load.perSecond),
  ]);
  return { sent: [...events, ...images].map(sentOf), job };
}

/** Never resolves. Rejects when the work does. */
function failureOf(work: Promise<unknown>): Promise<never> {
  return new Promise((_, reject) => {
    work.catch(reject);
  });
}

function sentOf({ id, event: { listingId, imageId }, expected }: SentEvent): Sent {
  return { id, listingId, imageId, expected };
}

function storesOf(context: RunContext, schedule: Schedule, sent: readonly Sent[]): Promise<StoreEvidence> {
  const tagged = sent.filter(({ expected }) => expected.kind === 'result');
  return readStores(context.stack.servers.addresses, context.objects, {
    prefix: prefixOf(context, schedule),
    imageIds: tagged.map(({ imageId }) => imageId),
    listingIds: [...new Set(tagged.map(({ listingId }) => listingId))],
  });
}

function gatewayUrlOf({ fleet }: Stack): string | undefined {
  const port = fleet.running('gateway').find((gateway) => gateway.port !== undefined)?.port;
  return port === undefined ? undefined : `http://127.0.0.1:${port}`;
}

/** A fault of the broker or of a worker makes others repeat what was in flight, once. */
function explainedRepeats({ faults }: Schedule, ownExits: number): number {
  const causes = faults.filter(({ target }) => target === 'kafka' || isRole(target)).length + ownExits;
  return causes * windowOfStages;
}
