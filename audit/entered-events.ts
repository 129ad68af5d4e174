import { createEntrance, type EntranceOptions } from '../runtime/records/event-entrance.js';
import { eventTimeOf } from '../runtime/records/event-time.js';
import type { Message } from '../runtime/records/message.js';
import { isEventTopic } from '../schemas/topics.js';

/**
 * Returns the function that shows an event as workers take it: without the headers and times of its producer that do
 * not count. All other records pass unchanged.
 */
export function enteredEvents(
  options: Pick<EntranceOptions, 'retentionMs' | 'seal' | 'clock'>,
): (message: Message) => Message {
  const admit = createEntrance(options);
  return (message) => {
    if (!isEventTopic(message.topic)) return message;
    const event = admit(message);
    return { ...event, timestamp: eventTimeOf(event) };
  };
}
