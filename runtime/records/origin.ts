import { headers } from '../../schemas/headers.js';
import { coordinates, type Message } from './message.js';

/** Id of the event that a record descends from. The audit tracks events by this id. */
export function originOf(message: Message): string {
  return message.headers[headers.origin] ?? message.headers[headers.ceId] ?? coordinates(message);
}
