import type { CallbackTarget } from '../callback.js';
import type { CallbackConfig } from '../config.js';
import { invalidCallback, unlisted } from '../failures.js';

/** Parses `sqs:QUEUE-URL`. */
export function parseQueue(uri: string, { queues }: CallbackConfig): Omit<CallbackTarget, 'kind'> {
  const url = uri.slice('sqs:'.length);
  if (!URL.canParse(url))
    throw invalidCallback(
      'The callback names a queue that is not a URL.',
      'Use sqs: followed by the URL of the queue.',
    );
  // The comparison uses the normalized URL, because a path with `..` could leave the allowed prefix.
  const { href } = new URL(url);
  if (!queues.some((prefix) => href.startsWith(prefix)))
    throw unlisted(`the queue ${href.slice(0, 200)}`, 'FANLIGHT_CALLBACK_QUEUES');
  return { endpoint: href, place: href };
}
