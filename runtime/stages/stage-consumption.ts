import type { Ports } from '../../processors/ports.js';
import { isEventTopic } from '../../schemas/topics.js';
import { groupsOfQueue, type StagePlan, type Topology } from '../../topology/topology.js';
import { checkEntrance } from '../consumption/entrance-middleware.js';
import { divertTo, type RecordConsumption } from '../consumption/consumption.js';
import type { WorkerServices } from '../services.js';
import { startDownstreamGate } from '../shares/downstream-gate.js';
import { openStage, type Slots } from './runner.js';
import { createStageHandler } from './stage-handler.js';

export interface StageConsumptionOptions {
  readonly topology: Topology;
  readonly plan: StagePlan;
  readonly ports: Ports;
  readonly slots: Slots;
  readonly services: WorkerServices;
  readonly window: RecordConsumption['window'];
  readonly inlineLimit: number;
  readonly isCancelled: (job: string) => boolean;
}

/** The work of one stage, or of several fused ones, in one lane. Opens the operations. */
export async function stageConsumption(options: StageConsumptionOptions): Promise<RecordConsumption> {
  const { topology, plan, ports, slots, services, window, inlineLimit, isCancelled } = options;
  const { kafka, codec, clock, randomHex, logger } = services;
  const { stage, lane, group, input, returnTo } = plan;
  const runner = await openStage({
    plan,
    topology,
    ports,
    slots,
    onUnavailable: (pipeline, { code, message, remedy }) =>
      logger.error({ stage, lane: lane.name, pipeline, code, remedy }, message),
  });
  const consumption: RecordConsumption = {
    kind: 'records',
    group,
    topics: [input],
    stage,
    laneOf: () => lane.name,
    handler: createStageHandler({
      runner,
      topology,
      codec,
      images: ports.images,
      clock,
      inlineLimit,
      randomHex,
      isCancelled,
    }),
    failures: divertTo({ input: returnTo, lane }),
    middleware: isEventTopic(input) ? [checkEntrance(lane, services)] : [],
    window,
    transactionsEveryMs: lane.transactionsEveryMs,
  };
  if (plan.kind === 'later' || plan.order === 'fifo') return consumption;

  const shared: RecordConsumption = { ...consumption, fetchMode: 'round-robin' };
  const later = groupsOfQueue(topology, plan).filter((other) => other !== plan);
  if (later.length === 0) return shared;
  const gate = await startDownstreamGate({ kafka, later, clock, logger });
  return { ...shared, gate, afterStop: () => gate.stop() };
}
