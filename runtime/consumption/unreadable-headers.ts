import { FanlightError } from '../../schemas/failure.js';
import type { Middleware } from '../records/message.js';
import type { RecordConsumption } from './consumption.js';

/** Bytes of a header that the message of the failure shows. */
const shownBytes = 32;

/**
 * Fails with `invalid-event` for a record with headers that Fanlight cannot read, so that the record becomes a dead
 * letter. A consumer without dead letters handles the record as if it had no such headers.
 */
export function refuseUnreadable({ failures }: Pick<RecordConsumption, 'failures'>): Middleware {
  if (failures.kind === 'stop') return (next) => next;
  return (next) =>
    async function refuse(message, context) {
      const [first] = message.unreadableHeaders ?? [];
      if (first === undefined) return next(message, context);
      const [name, bytes] = first;
      throw new FanlightError({
        code: 'invalid-event',
        message: `The header ${name} is not UTF-8 text: its ${bytes.length} bytes start with 0x${bytes.toString('hex', 0, shownBytes)}.`,
        remedy: 'Send the header as UTF-8 text, or leave it out; see docs/events.md.',
      });
    };
}
