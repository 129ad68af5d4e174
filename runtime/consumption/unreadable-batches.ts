import { FanlightError } from '../../schemas/failure.js';
import { reportSkippedBatch, unreadableText } from '../kafka/read/skipped-batch.js';
import type { Middleware } from '../records/message.js';
import type { WorkerServices } from '../services.js';
import type { RecordConsumption } from './consumption.js';

/**
 * Fails for records that could not be decoded, so that they become one dead letter with the bytes of their batch. A
 * consumer without dead letters steps over them.
 */
export function refuseUnreadableBatches(
  { failures, group }: Pick<RecordConsumption, 'failures' | 'group'>,
  services: Pick<WorkerServices, 'logger' | 'metrics'>,
): Middleware {
  return (next) =>
    async function refuseBatch(message, context) {
      const { unreadableBatch } = message;
      if (unreadableBatch === undefined) return next(message, context);
      if (failures.kind === 'stop') {
        reportSkippedBatch(services, group, message);
        return [];
      }
      throw new FanlightError({
        code: unreadableBatch.code,
        message: unreadableText(message, unreadableBatch),
        remedy: 'Find the producer of the batch, and send its events again, in smaller or undamaged batches.',
      });
    };
}
