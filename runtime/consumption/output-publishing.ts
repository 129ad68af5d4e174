import { FanlightError } from '../../schemas/failure.js';
import { deadLetterOf } from '../failures/failure-handler.js';
import { withoutValue } from '../failures/omitted-value.js';
import { publishUntilAcknowledged } from '../kafka/client/acknowledged-publishing.js';
import type { Message, Middleware, OutgoingMessage } from '../records/message.js';
import type { WorkerServices } from '../services.js';
import type { FailurePolicy, RecordConsumption } from './consumption.js';
import { reportDeadLetters } from './dead-letter-report.js';

/**
 * Publishes the outputs of each record, and returns what is durable. When Kafka refuses an output for good (it is too
 * large), the record becomes a dead letter. When Kafka refuses the dead letter too, the letter leaves its value out.
 * With the policy `stop`, a refusal stops the worker.
 */
export function publishOutputs(consumption: RecordConsumption, services: WorkerServices): Middleware {
  const { failures, stage } = consumption;
  const { clock, logger, random, publisher } = services;
  const report = reportDeadLetters(consumption, services);

  return (next) =>
    async function publishNext(message, context) {
      const { signal } = context;
      const outputs = await next(message, context);
      const refusal = await publish(outputs, signal);
      if (refusal === undefined) return outputs;
      if (failures.kind === 'stop') throw refusal;
      for (const letter of lettersFor(message, outputs, refusal, failures)) {
        if ((await publish([letter], signal)) === undefined) return [letter];
      }
      throw noLetter(refusal);
    };

  /** Returns the dead letters to try, in order. */
  function lettersFor(
    message: Message,
    outputs: readonly OutgoingMessage[],
    refusal: FanlightError,
    { pathOf }: Extract<FailurePolicy, { kind: 'divert' }>,
  ): readonly OutgoingMessage[] {
    const letter = deadLetterOf(message, refusal, { ...pathOf(message), stage }, clock.now());
    // The handler failed before: that dead letter is reported, and its reason says more.
    const earlier = outputs.find(({ topic }) => topic === letter.topic);
    if (earlier) return [withoutValue(earlier, message)];
    report(refusal, message);
    return [letter, withoutValue(letter, message)];
  }

  /** Resolves with the reason when Kafka refuses an output for good. */
  async function publish(outputs: readonly OutgoingMessage[], signal: AbortSignal): Promise<FanlightError | undefined> {
    try {
      await publishUntilAcknowledged(publisher, outputs, { signal, clock, logger, random });
      return undefined;
    } catch (error) {
      if (error instanceof FanlightError && error.kind === 'permanent') return error;
      throw error;
    }
  }
}

function noLetter(cause: FanlightError): FanlightError {
  return new FanlightError({
    code: 'invalid-configuration',
    message: `Kafka refuses a dead letter even without its value: ${cause.message}`,
    remedy: 'Raise max.message.bytes of the dead-letter topics to 16777216 (docs/operations.md).',
    cause,
  });
}
