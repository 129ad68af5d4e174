import { retryGroup } from '../topology/groups.js';
import type { OffsetRange } from '../runtime/kafka/read/ranges.js';
import { coordinates, type Message } from '../runtime/records/message.js';
import { originOf } from '../runtime/records/origin.js';
import { topics } from '../schemas/topics.js';
import type { Lane } from '../topology/lanes.js';
import type { GroupPlan } from '../topology/topology.js';
import { AuditLedger, type LedgerCounts } from './ledger.js';

/** The audit's view of Kafka. */
export interface AuditLog {
  /** All records that a topic holds now. */
  held(topic: string): Promise<readonly OffsetRange[]>;
  /** Records that a topic holds now and the group has not committed. */
  uncommitted(group: string, topic: string): Promise<readonly OffsetRange[]>;
  read(ranges: readonly OffsetRange[], onMessage: (message: Message) => void): Promise<void>;
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
  /** The oldest lost inputs, at most 20. */
  readonly examples: readonly LostInput[];
  /** Inputs older than the retention of results: their outcome is unknown. */
  readonly expired: number;
  readonly balanced: boolean;
}

const examplesKept = 20;
/** Upper bound of rounds. A round misses an input only if its record moved against the reading order, which is rare. */
const rounds = 4;

/**
 * Compares the inputs of a lane with its results, dead letters, cancelled images and queues while records move.
 *
 * A stage commits a record only after its outputs are written. The audit therefore reads the inputs first, then the
 * queues in the order of the flow, and results and dead letters last: so it meets every record at least once. Two kinds
 * of records go against the flow: retries and replays. Retry topics are read before and after the queues, because a
 * record stays in one for seconds. For replays, further rounds look for the inputs that were not found.
 */
export async function auditLane(
  log: AuditLog,
  lane: Lane,
  plans: readonly GroupPlan[],
  now: () => number,
): Promise<{ readonly audit: LaneAudit; readonly refusedBySink: ReadonlyMap<string, number> }> {
  const ledger = new AuditLedger();
  const events = topics.listingImages(lane.name);
  const inputs = await log.held(events);
  await log.read(inputs, (message) => ledger.input(message));
  let results: readonly OffsetRange[] = [];
  let letters: readonly OffsetRange[] = [];
  let cancelled: readonly OffsetRange[] = [];
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
    // One queue after another, because records of some queues carry tensors: once no input is missing, reading stops.
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
  plans: readonly GroupPlan[],
): Promise<(readonly OffsetRange[])[]> {
  const retries = lane.retryDelays.map((delay) => topics.retry(lane.name, delay));
  const places = [
    ...retries.map((topic) => ({ group: retryGroup(topic), topic })),
    ...plans.map(({ group, input }) => ({ group, topic: input })),
    ...retries.map((topic) => ({ group: retryGroup(topic), topic })),
  ];
  const found: (readonly OffsetRange[])[] = [];
  for (const { group, topic } of places) found.push(await log.uncommitted(group, topic));
  return found;
}

/** Finds the missing inputs. Inputs from before `keptSince` are expired: retention may have deleted their results. */
async function findMissing(log: AuditLog, inputs: readonly OffsetRange[], ledger: AuditLedger, keptSince: number) {
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

/** Returns the parts of `held` that were not read before. */
function beyond(held: readonly OffsetRange[], read: readonly OffsetRange[]): OffsetRange[] {
  return held.map((range) => {
    const before = read.find(({ topic, partition }) => topic === range.topic && partition === range.partition);
    return before && before.to > range.from ? { ...range, from: before.to } : range;
  });
}
