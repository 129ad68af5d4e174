import type { CallbackTarget } from '../callback.js';
import type { CallbackConfig } from '../config.js';
import { invalidCallback, unlisted } from '../failures.js';

/** `sqs:QUEUE-URL` */
export function parseQueue(uri: string, { queues }: CallbackConfig): Omit<CallbackTarget, 'kind'> {
  const url = uri.slice('sqs:'.length);
  if (!URL.canParse(url))
    throw invalidCallback(
      'The callback names a queue that is no URL.',
      'Write sqs: and the URL of the queue behind it.',
    );
  // Compared as the client will read it: a path with dots could climb out of what the prefix allows.
  const { href } = new URL(url);
  if (!queues.some((prefix) => href.startsWith(prefix)))
    throw unlisted(`the queue ${href.slice(0, 200)}`, 'FANLIGHT_CALLBACK_QUEUES');
  return { endpoint: href, place: href };
}
