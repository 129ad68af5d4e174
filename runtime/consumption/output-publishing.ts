import { FanlightError } from '../../schemas/failure.js';
import { publishUntilAcknowledged } from '../kafka/client/acknowledged-publishing.js';
import type { Middleware, OutgoingMessage } from '../records/message.js';
import type { WorkerServices } from '../services.js';
import type { RecordConsumption } from './consumption.js';
import { replaceRefused } from './refused-outputs.js';

/**
 * Publishes the outputs of each record, then finishes its deferred work, and returns what is durable. See
 * `replaceRefused` for outputs that Kafka refuses for good.
 */
export function publishOutputs(consumption: RecordConsumption, services: WorkerServices): Middleware {
  const { clock, logger, random, publisher } = services;
  const insteadOf = replaceRefused(consumption, services);

  return (next) =>
    async function publishNext(message, context) {
      const { signal } = context;
      let outputs = await next(message, context);
      const instead = insteadOf(message, outputs);
      for (let refusal = await publish(outputs, signal); refusal; refusal = await publish(outputs, signal))
        outputs = instead(refusal);
      await context.finishDeferred?.();
      return outputs;
    };

  /** Resolves with the reason when Kafka refuses an output for good. */
  async function publish(outputs: readonly OutgoingMessage[], signal: AbortSignal): Promise<FanlightError | undefined> {
    signal.throwIfAborted(); // The partition was revoked: its new owner publishes the outputs.
    try {
      await publishUntilAcknowledged(publisher, outputs, { signal, clock, logger, random });
      return undefined;
    } catch (error) {
      if (error instanceof FanlightError && error.kind === 'permanent') return error;
      throw error;
    }
  }
}
