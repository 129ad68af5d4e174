import type { Admin } from '../../runtime/kafka/client/client.js';
import { consumerGroups } from '../../processes/worker/groups.js';
import { deadLetterOf } from '../../runtime/failures/failure-handler.js';
import { withoutValue } from '../../runtime/failures/omitted-value.js';
import { publishUntilAcknowledged } from '../../runtime/kafka/client/acknowledged-publishing.js';
import { readRanges } from '../../runtime/kafka/read/ranges.js';
import { withPatientAdmin } from '../../runtime/kafka/topics/admin.js';
import { coordinates, type Message, type RecordCoordinates } from '../../runtime/records/message.js';
import type { WorkerServices } from '../../runtime/services.js';
import { asFanlightError, FanlightError } from '../../schemas/failure.js';
import { isFailureLane, type FailureLane } from '../../schemas/lanes.js';
import type { Topology } from '../../topology/topology.js';
import { withClient, type DeploymentClient } from '../client/deployment-client.js';
import { exitCodes, WrongUsage } from '../client/exit-codes.js';
import { planSkip, refuseEarlier, type GroupPosition, type SkippingGroup } from './skip-plan.js';

export interface SkipOptions extends RecordCoordinates {
  readonly group?: string;
  readonly withEarlier?: boolean;
  readonly dryRun?: boolean;
}

/** Longest time to read the records that are skipped (ms). The letter of a record that cannot be read has no value. */
const readMs = 30_000;

export function runDlqSkip(options: SkipOptions, environment: NodeJS.ProcessEnv): Promise<number> {
  return withClient('dlq', environment, (client) => skipRecord(options, client));
}

/** Writes the dead letters first. After a crash between the two steps, the next call writes them again. */
export async function skipRecord(
  options: SkipOptions,
  { services, topology }: Pick<DeploymentClient, 'services' | 'topology'>,
): Promise<number> {
  const { topic, partition, offset, dryRun = false, withEarlier = false } = options;
  const { kafka, logger } = services;
  const groups = await withPatientAdmin(kafka, (admin) => groupsToMove(admin, options, topology));
  if (groups.length === 0) {
    process.stdout.write(`All groups have passed ${coordinates(options)}; nothing was changed.\n`);
    return exitCodes.done;
  }
  const from = groups.reduce((first, group) => (group.from < first ? group.from : first), offset);
  const messages = await readRecords({ topic, partition, from, to: offset + 1n }, services);
  if (!withEarlier)
    refuseEarlier(
      groups,
      offset,
      messages.map((message) => message.offset),
    );
  if (!messages.some((message) => message.offset >= offset)) messages.push(unread(options, services));

  const would = dryRun ? 'would become' : 'became';
  for (const message of messages) {
    if (!dryRun) await writeLetter(message, services, topology);
    process.stdout.write(`${coordinates(message)} ${would} a dead letter.\n`);
  }
  const next = offset + 1n;
  for (const { group, from: before } of groups) {
    if (!dryRun) {
      await withPatientAdmin(kafka, (admin) => moveGroup(admin, group, { topic, partition, offset: next }));
      logger.warn(
        { group, record: coordinates(options), from: String(before), to: String(next) },
        'an operator skipped records',
      );
    }
    process.stdout.write(`${group} ${dryRun ? 'would move' : 'moved'} from offset ${before} to ${next}.\n`);
  }
  return exitCodes.done;
}

async function groupsToMove(admin: Admin, options: SkipOptions, topology: Topology): Promise<SkippingGroup[]> {
  const { topic, partition, group } = options;
  const names = group === undefined ? groupsOf(topic, topology).map(({ name }) => name) : [group];
  if (names.length === 0)
    throw new WrongUsage(`No group of this placement reads ${topic}.`, 'Name the group with --group.');
  if (!(await admin.listTopics()).includes(topic))
    throw new WrongUsage(`There is no topic ${topic}.`, '`fanlight topology` lists the topics.');
  const ends = (await admin.fetchTopicOffsets(topic)).find((found) => found.partition === partition);
  if (ends === undefined) throw new WrongUsage(`${topic} has no partition ${partition}.`, 'Partitions count from 0.');
  const { groups: described } = await admin.describeGroups(names);
  const positions: GroupPosition[] = [];
  for (const name of names) {
    const committed = await committedOffset(admin, name, options);
    // A group that never read the partition has nothing to pass, unless the operator names it.
    if (committed === undefined && group === undefined) continue;
    const members = described.find(({ groupId }) => groupId === name)?.members.length ?? 0;
    positions.push({ group: name, committed, members });
  }
  return planSkip(options, { low: BigInt(ends.low), high: BigInt(ends.high) }, positions);
}

function groupsOf(topic: string, topology: Topology) {
  return consumerGroups(topology).filter(({ topics }) => topics.includes(topic));
}

async function committedOffset(
  admin: Admin,
  groupId: string,
  { topic, partition }: Pick<RecordCoordinates, 'topic' | 'partition'>,
): Promise<bigint | undefined> {
  const [found] = await admin.fetchOffsets({ groupId, topics: [topic] });
  const offset = BigInt(found?.partitions.find((other) => other.partition === partition)?.offset ?? -1);
  return offset < 0n ? undefined : offset;
}

/** Reads the range. A record that cannot be read is left out, if it is the only one of the range. */
async function readRecords(
  range: { readonly topic: string; readonly partition: number; readonly from: bigint; readonly to: bigint },
  { kafka, logger }: WorkerServices,
): Promise<Message[]> {
  const messages: Message[] = [];
  try {
    await readRanges(kafka, [range], (message) => messages.push(message), AbortSignal.timeout(readMs));
  } catch (error) {
    if (range.to - range.from > 1n) throw error; // unknown records must not be skipped with it
    const { topic, partition, from } = range;
    logger.warn(
      { topic, partition, offset: String(from), error: (error as Error).message },
      'the record cannot be read',
    );
  }
  return messages;
}

function unread({ topic, partition, offset }: SkipOptions, { clock }: WorkerServices): Message {
  return { topic, partition, offset, key: null, value: null, headers: {}, timestamp: clock.now() };
}

async function writeLetter(message: Message, services: WorkerServices, topology: Topology): Promise<void> {
  const { publisher, clock, logger, random } = services;
  const { topic } = message;
  const input = topology.plans.find((plan) => plan.input === topic)?.returnTo ?? topic;
  const lane = { name: laneOf(topic, topology), retryDelays: [] };
  const letter = deadLetterOf(message, skipped(message), { input, lane, stage: 'dlq-skip' }, clock.now());
  const hold = { signal: new AbortController().signal, clock, logger, random };
  try {
    await publishUntilAcknowledged(publisher, [letter], hold);
  } catch (error) {
    if (asFanlightError(error).kind !== 'permanent') throw error;
    await publishUntilAcknowledged(publisher, [withoutValue(letter, message)], hold);
  }
}

/** Topics of jobs belong to no lane. Their letters are with those of callbacks, which read the same topics. */
function laneOf(topic: string, topology: Topology): FailureLane {
  const named = topic.split('.').find(isFailureLane);
  return named ?? groupsOf(topic, topology).find(({ lane }) => lane !== null)?.lane ?? 'callbacks';
}

function skipped(message: Message): FanlightError {
  return new FanlightError({
    code: 'skipped',
    message: `An operator skipped ${coordinates(message)}.`,
    remedy: 'Replay the record when its group can process it, or send its event again.',
  });
}

async function moveGroup(admin: Admin, groupId: string, to: RecordCoordinates): Promise<void> {
  const { topic, partition, offset } = to;
  await admin.setOffsets({ groupId, topic, partitions: [{ partition, offset: String(offset) }] });
  const committed = await committedOffset(admin, groupId, to);
  if (committed === offset) return;
  throw new FanlightError({
    code: 'store-unavailable',
    message: `The broker did not take offset ${offset} of ${groupId}: it has ${committed ?? 'none'}.`,
    remedy: 'The dead letter was written. Call `fanlight dlq skip` again.',
  });
}
