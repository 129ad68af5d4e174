import type { StagePlan, Topology } from '../../topology/topology.js';
import { createShareHandler, queuesBehind } from './share-handler.js';
import { alongside } from '../kafka/consumer/with-stop-hooks.js';
import type { RunningConsumer } from '../kafka/consumer/consumer.js';
import { startRecordWorker } from '../consumption/consumption.js';
import { startSampledLoads } from './sampled-loads.js';
import type { WorkerServices } from '../services.js';

/** Gives each client of a lane its part of the queue of the first stage, or its own queue. */
export async function startShareWorker(
  plan: StagePlan,
  topology: Topology,
  services: WorkerServices,
): Promise<RunningConsumer> {
  const { kafka, codec, clock, logger } = services;
  const loads = await startSampledLoads({
    kafka,
    queues: queuesBehind(plan, topology).filter(({ shares }) => shares !== null),
    clock,
    logger,
  });
  const handler = createShareHandler({ plan, topology, codec, loadOf: loads.of });
  return alongside(
    await startRecordWorker({ plan, handler, services, window: { items: 1_000, bytes: 64 * 2 ** 20 } }),
    { afterStop: () => loads.stop() },
  );
}
