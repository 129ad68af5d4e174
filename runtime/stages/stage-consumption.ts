import { alongside } from '../kafka/consumer/with-stop-hooks.js';
import type { Ports } from '../../processors/ports.js';
import { openStage, type Slots } from './runner.js';
import { groupsOfQueue, type StagePlan, type Topology } from '../../topology/topology.js';
import { createStageHandler } from './stage-handler.js';
import type { ConsumerOptions, RunningConsumer } from '../kafka/consumer/consumer.js';
import { startDownstreamGate } from '../shares/downstream-gate.js';
import { startRecordWorker } from '../consumption/consumption.js';
import type { WorkerServices } from '../services.js';

export interface StageWorkerOptions {
  readonly topology: Topology;
  readonly plan: StagePlan;
  readonly ports: Ports;
  readonly slots: Slots;
  readonly services: WorkerServices;
  readonly window: ConsumerOptions['window'];
  readonly inlineLimit: number;
  readonly isCancelled: (job: string) => boolean;
}

/** Runs one stage of one lane: opens its operations, then joins its consumer group. */
export async function startStageWorker(options: StageWorkerOptions): Promise<RunningConsumer> {
  const { topology, plan, ports, slots, services, window, inlineLimit, isCancelled } = options;
  const { codec, clock, randomHex, logger } = services;
  const labels = { stage: plan.stage, lane: plan.lane.name };
  const runner = await openStage({
    plan,
    topology,
    ports,
    slots,
    onUnavailable: (pipeline, { code, message, remedy }) =>
      logger.error({ ...labels, pipeline, code, remedy }, message),
  });
  const handler = createStageHandler({
    runner,
    topology,
    codec,
    images: ports.images,
    clock,
    inlineLimit,
    randomHex,
    isCancelled,
  });
  if (!plan.shares) return startRecordWorker({ plan, handler, services, window });

  const later = groupsOfQueue(topology, plan).filter((other) => other !== plan);
  if (later.length === 0) return startRecordWorker({ plan, handler, services, window, reading: 'inTurn' });
  const gate = await startDownstreamGate({ kafka: services.kafka, later, clock, logger });
  return alongside(await startRecordWorker({ plan, handler, services, window, reading: 'inTurn', gate }), {
    afterStop: () => gate.stop(),
  });
}
