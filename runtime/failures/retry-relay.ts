import { sleep, type Clock } from '../../primitives/clock.js';
import { FanlightError } from '../../schemas/failure.js';
import { headers } from '../../schemas/headers.js';
import { coordinates, type Message, type OutgoingMessage } from '../records/message.js';

/**
 * Creates the handler that holds a record of a retry topic until it is due, then returns it to its queue. The handler
 * throws `invalid-event` for a record that names no queue.
 *
 * @param longestMs upper bound of the wait, so that no record blocks those behind it for longer
 */
export function createRetryRelay(clock: Clock, longestMs = Infinity) {
  return async function relay(
    message: Message,
    { signal }: { readonly signal: AbortSignal },
  ): Promise<OutgoingMessage[]> {
    const { [headers.retryAt]: due, [headers.retryTo]: queue, ...rest } = message.headers;
    if (queue === undefined)
      throw new FanlightError({
        code: 'invalid-event',
        message: `The record ${coordinates(message)} does not name the queue that it returns to.`,
        remedy: `Only Fanlight may write to retry topics. Find the producer, or set the header ${headers.retryTo}.`,
      });
    const waitMs = Math.min(Number(due ?? 0) - clock.now(), longestMs);
    if (waitMs > 0) await sleep(clock, waitMs, signal);
    return [{ topic: queue, key: message.key, value: message.value, headers: rest }];
  };
}
