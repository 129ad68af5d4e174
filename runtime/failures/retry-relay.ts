import { sleep, type Clock } from '../../primitives/clock.js';
import { headers } from '../../schemas/headers.js';
import type { Message, OutgoingMessage } from '../records/message.js';

/** Holds a record of a retry topic until it is due, then returns it to its queue. */
export function createRetryRelay(clock: Clock) {
  return async function relay(
    message: Message,
    { signal }: { readonly signal: AbortSignal },
  ): Promise<OutgoingMessage[]> {
    const { [headers.retryAt]: due, [headers.retryTo]: queue, ...rest } = message.headers;
    if (queue === undefined)
      throw new Error(`record ${message.offset} of ${message.topic} does not say where it returns to`);
    const waitMs = Number(due ?? 0) - clock.now();
    if (waitMs > 0) await sleep(clock, waitMs, signal);
    return [{ topic: queue, key: message.key, value: message.value, headers: rest }];
  };
}
