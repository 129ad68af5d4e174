// kafkajs 2.2.4 re-arms a timer on every connection with a negative delay, which Node runs every millisecond: about
// 1 % of a core for each idle connection (measured as the largest cost of an idle worker; see docs/adr/kafka/0002). The
// queue needs this check only while requests wait in it or the broker throttles.
import RequestQueue from 'kafkajs/src/network/requestQueue/index.js';
import { system } from '../../../primitives/system.js';

interface Queue {
  readonly pending: readonly unknown[];
  /** Epoch milliseconds; in the past when not throttled. */
  readonly throttledUntil: number;
}

const prototype = RequestQueue.prototype as { scheduleCheckPendingRequests(this: Queue): void };
const schedule = prototype.scheduleCheckPendingRequests;

/** Patches kafkajs. Call it once, before the first connection. */
export function quietIdleConnections(): void {
  prototype.scheduleCheckPendingRequests = function scheduleCheckPendingRequests(this: Queue) {
    if (this.pending.length > 0 || this.throttledUntil > system.now()) schedule.call(this);
  };
}
