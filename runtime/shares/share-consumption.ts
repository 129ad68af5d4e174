import type { SharePlan, Topology } from '../../topology/topology.js';
import { checkEntrance } from '../consumption/entrance-middleware.js';
import { divertTo, type RecordConsumption } from '../consumption/consumption.js';
import type { WorkerServices } from '../services.js';
import { startSampledLoads } from './sampled-loads.js';
import { createShareHandler, queuesBehind } from './share-handler.js';

/** Divides the first queue of a lane among its clients, and passes events to dedicated queues. */
export async function shareConsumption(
  plan: SharePlan,
  topology: Topology,
  services: WorkerServices,
): Promise<RecordConsumption> {
  const { kafka, codec, clock, logger } = services;
  const { stage, lane, group, input, returnTo } = plan;
  const loads = await startSampledLoads({
    kafka,
    queues: queuesBehind(plan, topology).filter(({ order }) => order !== 'fifo'),
    clock,
    logger,
  });
  return {
    kind: 'records',
    group,
    topics: [input],
    stage,
    laneOf: () => lane.name,
    handler: createShareHandler({ plan, topology, codec, loadOf: loads.of }),
    failures: divertTo({ input: returnTo, lane }),
    middleware: [checkEntrance(lane, services)],
    transactionsEveryMs: lane.transactionsEveryMs,
    window: { items: 1_000, bytes: 64 * 2 ** 20 },
    afterStop: () => loads.stop(),
  };
}
