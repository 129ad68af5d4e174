import { retryGroup } from '../topology/groups.js';
import type { Range } from '../runtime/kafka/read/read-range.js';
import { coordinates, type Message } from '../runtime/records/message.js';
import { originOf } from '../runtime/stages/stage-handler.js';
import { topics } from '../schemas/topics.js';
import type { Lane } from '../topology/lanes.js';
import type { StagePlan } from '../topology/topology.js';
import { AuditLedger, type LedgerCounts } from './ledger.js';

/** What the audit sees of Kafka. */
export interface AuditLog {
  /** All that a topic holds now. */
  held(topic: string): Promise<readonly Range[]>;
  /** What a topic holds now and the group has not committed. */
  uncommitted(group: string, topic: string): Promise<readonly Range[]>;
  read(ranges: readonly Range[], onMessage: (message: Message) => void): Promise<void>;
}

export interface LostInput {
  readonly origin: string;
  /** `topic/partition/offset` of the event. */
  readonly event: string;
  readonly listingId: string | null;
  /** RFC 3339. */
  readonly time: string;
}

export interface LaneAudit extends LedgerCounts {
  readonly lane: string;
  readonly lost: number;
  /** The first of them. */
  readonly examples: readonly LostInput[];
  /** Inputs older than the lane keeps results: what became of them cannot be told. */
  readonly expired: number;
  readonly balanced: boolean;
}

const examplesKept = 20;
/**
 * The inputs that a round did not find had moved against the order in which it looked; that does not happen for ever.
 */
const rounds = 4;

/**
 * Compares the inputs of a lane with its results, dead letters, cancelled images and queues while all of them move.
 *
 * A stage commits a record only after what follows from it is written. So whoever looks at the inputs first, then at
 * the
 * queues in the order of the flow, and at results and dead letters last, meets every record at least once. Two things
 * go against the flow: retries (looked at before and after the queues: a record stays in a retry topic for seconds) and
 * replays. For these, the inputs that were not found are looked for again.
 */
export async function auditLane(
  log: AuditLog,
  lane: Lane,
  plans: readonly StagePlan[],
  now: () => number,
): Promise<{ readonly audit: LaneAudit; readonly refusedBySink: ReadonlyMap<string, number> }> {
  const ledger = new AuditLedger();
  const events = topics.listingImages(lane.name);
  const inputs = await log.held(events);
  await log.read(inputs, (message) => ledger.input(message));
  let results: readonly Range[] = [];
  let letters: readonly Range[] = [];
  let cancelled: readonly Range[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    const queued = await uncommittedRecords(log, lane, plans);
    const [allResults, allLetters] = [
      await log.held(topics.imageTags(lane.name)),
      await log.held(topics.deadLetters(lane.name)),
    ];
    const allCancelled = await log.held(topics.cancelledImages(lane.name));
    await log.read(beyond(allResults, results), (message) => ledger.result(message));
    await log.read(beyond(allLetters, letters), (message) => ledger.deadLetter(message));
    await log.read(beyond(allCancelled, cancelled), (message) => ledger.cancelled(message));
    [results, letters, cancelled] = [allResults, allLetters, allCancelled];
    ledger.settle();
    // One after another, as records of some queues carry tensors: what nobody misses any more is not read.
    for (const ranges of queued) if (ledger.missing > 0) await log.read(ranges, (message) => ledger.inFlight(message));
    if (ledger.missing === 0) break;
  }
  if (ledger.counts().unexpected > 0)
    await log.read(beyond(await log.held(events), inputs), (message) => ledger.lateInput(message));
  const missing = ledger.missing === 0 ? noLoss : await findMissing(log, inputs, ledger, now() - lane.retentionMs);
  return {
    refusedBySink: ledger.refusedBySink(),
    audit: { lane: lane.name, ...ledger.counts(), ...missing, balanced: missing.lost === 0 },
  };
}

const noLoss = { lost: 0, expired: 0, examples: [] };

async function uncommittedRecords(
  log: AuditLog,
  lane: Lane,
  plans: readonly StagePlan[],
): Promise<(readonly Range[])[]> {
  const retries = lane.retryDelays.map((delay) => topics.retry(lane.name, delay));
  const places = [
    ...retries.map((topic) => ({ group: retryGroup(topic), topic })),
    ...plans.map(({ group, input }) => ({ group, topic: input })),
    ...retries.map((topic) => ({ group: retryGroup(topic), topic })),
  ];
  const found: (readonly Range[])[] = [];
  for (const { group, topic } of places) found.push(await log.uncommitted(group, topic));
  return found;
}

/** Which inputs are missing; those written before `keptSince` may have ended in records that were since deleted. */
async function findMissing(log: AuditLog, inputs: readonly Range[], ledger: AuditLedger, keptSince: number) {
  const latest = new Map<string, Message>();
  await log.read(inputs, (message) => {
    const known = latest.get(originOf(message));
    if (ledger.isMissing(message) && (!known || known.timestamp < message.timestamp))
      latest.set(originOf(message), { ...message, value: null });
  });
  const found = [...latest].sort(([, a], [, b]) => a.timestamp - b.timestamp);
  const lost = found.filter(([, { timestamp }]) => timestamp >= keptSince);
  return {
    lost: lost.length,
    expired: ledger.missing - lost.length,
    examples: lost.slice(0, examplesKept).map(([origin, message]) => ({
      origin,
      event: coordinates(message),
      listingId: message.key?.toString() ?? null,
      time: new Date(message.timestamp).toISOString(),
    })),
  };
}

/** What `held` has beyond what was read before. */
function beyond(held: readonly Range[], read: readonly Range[]): Range[] {
  return held.map((range) => {
    const before = read.find(({ topic, partition }) => topic === range.topic && partition === range.partition);
    return before && before.to > range.from ? { ...range, from: before.to } : range;
  });
}
