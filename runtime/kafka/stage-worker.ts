import type { Ports } from '../../processors/ports.js';
import { headers } from '../../schemas/headers.js';
import { openStage, type Slots } from '../../topology/execute.js';
import type { StagePlan, Topology } from '../../topology/topology.js';
import { traceIdOf } from '../../primitives/trace-context.js';
import { handleFailures } from '../handle-failures.js';
import { measure } from '../measure.js';
import { createSideWork } from '../side-work.js';
import type { Message } from '../message.js';
import { createStageHandler, originOf } from '../stage-handler.js';
import { startConsumer, type RunningConsumer } from './consumer.js';
import { publishUntilAcknowledged } from './publish-until-acknowledged.js';
import type { WorkerServices } from './services.js';

export interface StageWorkerOptions {
  readonly topology: Topology;
  readonly plan: StagePlan;
  readonly ports: Ports;
  readonly slots: Slots;
  readonly services: WorkerServices;
  readonly window: { readonly items: number; readonly bytes: number };
  readonly inlineLimit: number;
  readonly isCancelled: (job: string) => boolean;
}

/** What a log line says of its record. */
function about(message: Message) {
  return { trace_id: traceIdOf(message.headers[headers.traceparent]), origin: originOf(message) };
}

/** Runs one stage of one lane: opens its operations, then joins its consumer group. */
export async function startStageWorker(options: StageWorkerOptions): Promise<RunningConsumer> {
  const { topology, plan, ports, slots, services, inlineLimit, isCancelled } = options;
  const { codec, clock, metrics, randomHex, random, logger, publisher } = services;
  const labels = { stage: plan.stage, lane: plan.lane.name };
  const runner = await openStage({
    plan,
    topology,
    ports,
    slots,
    onUnavailable: (pipeline, { code, message, remedy }) => logger.error({ ...labels, pipeline, code, remedy }, message),
  });
  const stage = createStageHandler({ runner, topology, codec, images: ports.images, clock, inlineLimit, randomHex, isCancelled });
  const guarded = handleFailures({
    plan,
    clock,
    random,
    onRetry: (error, message, where) => {
      metrics.recordsRetried.inc({ ...labels, code: error.code, where });
      const line = { ...labels, ...about(message), code: error.code, where };
      if (error.code === 'unexpected-error') logger.error({ ...line, err: error.cause ?? error }, error.message);
      else logger.debug(line, error.message);
    },
    onDeadLetter: (error, message) => {
      metrics.recordsFailed.inc({ ...labels, code: error.code });
      logger.info({ ...labels, ...about(message), code: error.code }, error.message);
    },
  })(stage);
  const handler = measure(metrics, plan, clock)(guarded);

  return startConsumer({
    kafka: services.kafka,
    group: plan.group,
    topics: [plan.input],
    fromBeginning: true,
    window: options.window,
    process: async function processRecord(message, signal) {
      const side = createSideWork({ clock, random, signal });
      const out = await handler(message, { signal, waitUntil: side.waitUntil });
      await publishUntilAcknowledged(publisher, out, { signal, clock, logger, random });
      await side.finish();
      metrics.recordsOut.inc(labels, out.length);
    },
    onFatal: services.onFatal,
    clock,
    logger,
    onRestart: (reason) => metrics.consumerRestarts.inc({ group: plan.group, reason }),
  });
}
