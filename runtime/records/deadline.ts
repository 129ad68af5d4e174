import { headers } from '../../schemas/headers.js';
import type { Message } from './message.js';

/** Returns the deadline of the client, else of the lane (epoch ms); undefined: no deadline. */
export function deadlineOf(message: Message, eventTime: number, laneDeadlineMs: number | null): number | undefined {
  const asked = Number(message.headers[headers.deadline]);
  if (Number.isFinite(asked) && asked > 0) return asked;
  return laneDeadlineMs === null ? undefined : eventTime + laneDeadlineMs;
}
