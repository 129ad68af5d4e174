import { handleFailures } from '../failures/failure-handler.js';
import type { Message, Middleware } from '../records/message.js';
import type { WorkerServices } from '../services.js';
import type { RecordConsumption } from './consumption.js';
import { reportDeadLetters } from './dead-letter-report.js';
import { describeRecord } from './record-description.js';

/**
 * Diverts failed records to retry topics and dead letters, and counts and logs each one. With the policy `stop`,
 * failures pass through.
 */
export function divertFailures(consumption: RecordConsumption, services: WorkerServices): Middleware {
  const { failures, stage, laneOf, describe = describeRecord } = consumption;
  const { clock, random, seal, metrics, logger } = services;
  if (failures.kind === 'stop') return (next) => next;
  const labelsOf = (message: Message) => ({ stage, lane: laneOf(message) });

  return handleFailures({
    stage,
    pathOf: failures.pathOf,
    clock,
    seal,
    random,
    ...(failures.jitter === undefined ? {} : { jitter: failures.jitter }),
    onRetry: (error, message, where) => {
      const labels = labelsOf(message);
      metrics.recordsRetried.inc({ ...labels, code: error.code, where });
      const line = { ...labels, ...describe(message), code: error.code, where };
      if (error.code === 'unexpected-error') logger.error({ ...line, err: error.cause ?? error }, error.message);
      else logger.debug(line, error.message);
    },
    onDeadLetter: reportDeadLetters(consumption, services),
  });
}
