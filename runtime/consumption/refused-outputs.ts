import { FanlightError } from '../../schemas/failure.js';
import { deadLetterOf } from '../failures/failure-handler.js';
import { withoutValue } from '../failures/omitted-value.js';
import type { Message, OutgoingMessage } from '../records/message.js';
import type { WorkerServices } from '../services.js';
import type { FailurePolicy, RecordConsumption } from './consumption.js';
import { reportDeadLetters } from './dead-letter-report.js';

/** Takes the reason why Kafka refuses what was written last, and returns what to write instead. */
export type Instead = (refusal: FanlightError) => readonly OutgoingMessage[];

/**
 * Returns the function for outputs that Kafka refuses for good, because they are too large. The record becomes a dead
 * letter. When Kafka refuses the dead letter too, the letter leaves its value out. It throws a refusal with the policy
 * `stop`, and the refusal of the last letter.
 */
export function replaceRefused(
  consumption: RecordConsumption,
  services: WorkerServices,
): (message: Message, outputs: readonly OutgoingMessage[]) => Instead {
  const { failures, stage } = consumption;
  const report = reportDeadLetters(consumption, services);

  return function insteadOf(message, outputs) {
    let letters: OutgoingMessage[] | undefined;
    return function instead(refusal) {
      if (failures.kind === 'stop') throw refusal;
      letters ??= lettersFor(message, outputs, refusal, failures);
      const letter = letters.shift();
      if (letter === undefined) throw noLetter(refusal);
      return [letter];
    };
  };

  /** Returns the dead letters to try, in order. */
  function lettersFor(
    message: Message,
    outputs: readonly OutgoingMessage[],
    refusal: FanlightError,
    { pathOf }: Extract<FailurePolicy, { kind: 'divert' }>,
  ): OutgoingMessage[] {
    const letter = deadLetterOf(message, refusal, { ...pathOf(message), stage }, services.clock.now());
    // The handler failed before: that dead letter is reported, and its reason says more.
    const earlier = outputs.find(({ topic }) => topic === letter.topic);
    if (earlier) return [withoutValue(earlier, message)];
    report(refusal, message);
    return [letter, withoutValue(letter, message)];
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
