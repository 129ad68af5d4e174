import type { FanlightError } from '../../schemas/failure.js';
import type { Message } from '../records/message.js';
import type { WorkerServices } from '../services.js';
import type { RecordConsumption } from './consumption.js';
import { describeRecord } from './record-description.js';

/** Returns the function that counts and logs each dead letter of a consumption. */
export function reportDeadLetters(
  { stage, laneOf, describe = describeRecord }: RecordConsumption,
  { metrics, logger }: WorkerServices,
): (error: FanlightError, message: Message) => void {
  return function reportDeadLetter(error, message) {
    const labels = { stage, lane: laneOf(message) };
    metrics.recordsFailed.inc({ ...labels, code: error.code });
    logger.info({ ...labels, ...describe(message), code: error.code }, error.message);
  };
}
