import type { Kafka } from 'kafkajs';
import { FanlightError } from '../../schemas/failure.js';
import { topics } from '../../schemas/topics.js';
import { groupName, type Topology } from '../../topology/topology.js';
import { withAdmin } from './admin.js';
import { fetchLag, totalLag } from './lag.js';

/**
 * Refuses a topology that would leave work behind: records in the queue of a stage that was fused into the one before
 * it, or that no pipeline has work for any more. Nobody would read them.
 *
 * @throws FanlightError `invalid-configuration`
 */
export async function refuseStranded(kafka: Kafka, topology: Topology): Promise<void> {
  const read = new Set(topology.plans.map(({ input }) => input));
  const unread = topology.lanes.flatMap(({ name: lane }) =>
    topology.stages.map(({ name: stage }) => ({ queue: topics.queue(stage, lane), group: groupName(stage, lane) })).filter(({ queue }) => !read.has(queue)),
  );
  const waiting = await withAdmin(kafka, async (admin) => {
    const existing = new Set(await admin.listTopics());
    const lags = unread
      .filter(({ queue }) => existing.has(queue))
      .map(async ({ queue, group }) => ({ queue, records: totalLag(await fetchLag(admin, group, [queue])) }));
    return (await Promise.all(lags)).filter(({ records }) => records > 0);
  });
  if (waiting.length === 0) return;
  throw new FanlightError({
    code: 'invalid-configuration',
    message: `Nobody would read the records that wait: ${waiting.map(({ queue, records }) => `${records} in ${queue}`).join(', ')}.`,
    remedy: 'Start with the placement (FANLIGHT_PLACEMENT) and the pipelines of before, wait until `fanlight status` shows no record waiting, then change them.',
  });
}
