import type { Kafka } from 'kafkajs';
import { FanlightError } from '../../../schemas/failure.js';
import { topics } from '../../../schemas/topics.js';
import { groupOf, type Topology } from '../../../topology/topology.js';
import { withPatientAdmin } from './admin.js';
import { fetchLag, totalLag } from '../lag/lag.js';

/**
 * Refuses a topology that would leave records in queues that no group reads. Such a queue belongs to a stage that is
 * now fused into the previous one, to a stage without work in any pipeline, or to a dedicated queue that is no longer
 * configured.
 *
 * @throws FanlightError `invalid-configuration`
 */
export async function refuseUnreadQueues(kafka: Kafka, topology: Topology): Promise<void> {
  const read = new Set(topology.plans.map(({ input }) => input));
  const shared = topology.lanes.flatMap(({ name: lane }) =>
    topology.stages.map(({ name: stage }) => topics.queue(stage, lane)),
  );
  const isQueue = (topic: string) => shared.some((queue) => topic === queue || topic.startsWith(`${queue}.`));
  const waiting = await withPatientAdmin(kafka, async (admin) => {
    const unread = (await admin.listTopics()).filter((topic) => isQueue(topic) && !read.has(topic));
    const lags = unread.map(async (queue) => ({
      queue,
      records: totalLag(await fetchLag(admin, groupOf(queue), [queue])),
    }));
    return (await Promise.all(lags)).filter(({ records }) => records > 0);
  });
  if (waiting.length === 0) return;
  throw new FanlightError({
    code: 'invalid-configuration',
    message: `No group of this topology reads the waiting records: ${waiting.map(({ queue, records }) => `${records} in ${queue}`).join(', ')}.`,
    remedy:
      'Start with the previous placement (FANLIGHT_PLACEMENT), dedicated queues (FANLIGHT_DEDICATED) and pipelines, wait until `fanlight status` shows no waiting record, then change them.',
  });
}
