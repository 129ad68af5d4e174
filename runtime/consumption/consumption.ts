import { traceIdOf } from '../../primitives/trace-context.js';
import { headers } from '../../schemas/headers.js';
import type { StagePlan } from '../../topology/topology.js';
import { handleFailures } from '../failures/handle-failures.js';
import { measure } from './measure.js';
import type { Handler, Message } from '../records/message.js';
import { createSideWork } from '../deferred-work.js';
import { originOf } from '../stages/stage-handler.js';
import { startConsumer, type ConsumerOptions, type RunningConsumer } from '../kafka/consumer/consumer.js';
import { publishUntilAcknowledged } from '../kafka/client/publish-until-acknowledged.js';
import type { WorkerServices } from '../services.js';

export interface RecordWorkerOptions extends Pick<ConsumerOptions, 'reading' | 'gate' | 'window'> {
  /** `returnTo`: by default the input. */
  readonly plan: Pick<StagePlan, 'stage' | 'lane' | 'group' | 'input'> & Partial<Pick<StagePlan, 'returnTo'>>;
  readonly handler: Handler;
  readonly services: WorkerServices;
}

/** What a log line says of its record. */
function about(message: Message) {
  return { trace_id: traceIdOf(message.headers[headers.traceparent]), origin: originOf(message) };
}

/**
 * Reads a queue in its consumer group: each record goes through the handler, is measured, and ends as what follows from
 * it.
 */
export function startRecordWorker({
  plan,
  handler,
  services,
  ...consumption
}: RecordWorkerOptions): Promise<RunningConsumer> {
  const { clock, metrics, random, logger, publisher } = services;
  const labels = { stage: plan.stage, lane: plan.lane.name };
  const guarded = handleFailures({
    plan: { ...plan, input: plan.returnTo ?? plan.input },
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
  })(handler);
  const measured = measure(metrics, plan, clock)(guarded);

  return startConsumer({
    kafka: services.kafka,
    group: plan.group,
    topics: [plan.input],
    fromBeginning: true,
    ...consumption,
    process: async function processRecord(message, signal) {
      const side = createSideWork({ clock, random, signal });
      const out = await measured(message, { signal, waitUntil: side.waitUntil });
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
