import type { ConnectOptions } from '../adapters/outbound/guarded-connection.js';
import { RateBound } from './rate-bound.js';
import type { WorkerServices } from '../runtime/services.js';

/** Clients choose the hosts, so they could flood the log. */
const bound = { count: 20, windowMs: 60_000 };

/** Logs why hosts cannot be reached. Answers to clients omit the reason, because it names internal addresses. */
export function logUnreachable({ clock, logger }: Pick<WorkerServices, 'clock' | 'logger'>) {
  const lines = new RateBound({ clock, ...bound });
  return function onUnreachable(host, reason) {
    const suppressed = lines.pass();
    if (suppressed !== undefined) logger.warn({ host, reason, suppressed }, 'a host cannot be reached');
  } satisfies ConnectOptions['onUnreachable'];
}
