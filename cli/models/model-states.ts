import { withPatientAdmin } from '../../runtime/kafka/topics/admin.js';
import { readRanges, wholeTopics } from '../../runtime/kafka/read/ranges.js';
import type { Message } from '../../runtime/records/message.js';
import type { WorkerServices } from '../../runtime/services.js';
import type { ModelCommand, WorkerModels } from '../../schemas/models/control.js';
import { topics } from '../../schemas/topics.js';

/** A worker without a report for this long counts as gone (ms); workers report every ten seconds. */
const silentAfterMs = 25_000;

/** Returns the last report of each running worker about its models, sorted by worker name. */
export async function readWorkerModels({ kafka, codec, clock }: WorkerServices): Promise<WorkerModels[]> {
  const last = new Map<string, Message>();
  await readRanges(kafka, await wholeTopics(kafka, [topics.workerModels]), (message) => {
    if (!message.unreadableBatch) last.set(String(message.key), message);
  });
  const states = await Promise.all(
    [...last.values()].map(async ({ value }) => (await codec.decode('worker-models', value)) as WorkerModels),
  );
  return states
    .filter(({ stopped, at }) => !stopped && clock.now() - at < silentAfterMs)
    .sort((a, b) => a.worker.localeCompare(b.worker));
}

/** Publishes a command to all workers; returns its offset. */
export async function sendCommand(
  { kafka, codec, publisher, clock }: WorkerServices,
  command: Omit<ModelCommand, 'issuedAt'>,
): Promise<number> {
  const value = await codec.encode('model-command', topics.modelCommands, { ...command, issuedAt: clock.now() });
  await publisher.publish([{ topic: topics.modelCommands, key: Buffer.from(command.subject), value, headers: {} }]);
  const [end] = await withPatientAdmin(kafka, (admin) => admin.fetchTopicOffsets(topics.modelCommands));
  return Number(end?.high ?? 0) - 1;
}
