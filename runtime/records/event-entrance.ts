import type { Clock } from '../../primitives/clock.js';
import {
  batchHeaders,
  errorHeaders,
  headers,
  jobHeaders,
  omittedHeaders,
  sealedHeaders,
} from '../../schemas/headers.js';
import { parseEpochMs, eventTimeFrom } from './event-time.js';
import type { Message, Middleware } from './message.js';
import type { Seal } from './seal.js';

export interface EntranceOptions {
  /** Retention of the topics of the lane (ms). */
  readonly retentionMs: number;
  readonly seal: Seal;
  readonly clock: Clock;
  /** Called with the time (epoch ms) that replaces an impossible one. */
  readonly onClamped?: (message: Message, eventTime: number) => void;
  /** Called for each header that a producer may not set. */
  readonly onDropped?: (message: Message, header: string) => void;
}

/** Headers that no record needs when it enters: they belong to retry topics, dead letters and replay markers. */
const neverEntering: ReadonlySet<string> = new Set([
  headers.retryAt,
  headers.retryTo,
  headers.replayed,
  ...Object.values(errorHeaders),
  ...Object.values(omittedHeaders),
  ...Object.values(batchHeaders),
]);

/** Middleware of the group that reads the events of producers. */
export function eventEntrance(options: EntranceOptions): Middleware {
  const admit = createEntrance(options);
  return (next) => (message, context) => next(admit(message), context);
}

/**
 * Returns the function that makes an event trustworthy: it drops the headers that its producer may not set, and states
 * a possible event time.
 *
 * Retried and replayed events enter a second time, with the headers of their first way. A seal shows that Fanlight
 * wrote these. Without a secret key, job headers need no seal: they are checked where they are used.
 */
export function createEntrance(options: EntranceOptions): (message: Message) => Message {
  const { seal, clock, retentionMs, onClamped, onDropped } = options;
  const needSeal: ReadonlySet<string> = new Set(
    sealedHeaders.filter((name) => seal.isSecret || !(jobHeaders as readonly string[]).includes(name)),
  );

  return function admit(message) {
    const isSealed = message.headers[headers.seal] !== undefined && seal.isOn(message);
    const kept = isSealed ? message.headers[headers.eventTime] : undefined;
    const { time, isClamped } = eventTimeFrom({ kept, written: message.timestamp }, { now: clock.now(), retentionMs });
    if (isClamped) onClamped?.(message, time);
    return {
      ...message,
      headers: { ...withDeadline(allowed(message, isSealed)), [headers.eventTime]: String(time) },
    };
  };

  function allowed(message: Message, isSealed: boolean): Record<string, string> {
    const isForeign = (name: string) => neverEntering.has(name) || (!isSealed && needSeal.has(name));
    const kept: Record<string, string> = {};
    for (const [name, text] of Object.entries(message.headers)) {
      if (isForeign(name)) onDropped?.(message, name);
      else if (name !== headers.seal) kept[name] = text;
    }
    return kept;
  }

  /** Bounds the deadline of a client by the time for which the lane keeps records. An unreadable one does not count. */
  function withDeadline({ [headers.deadline]: text, ...rest }: Record<string, string>): Record<string, string> {
    const deadline = text === undefined ? undefined : parseEpochMs(text);
    if (deadline === undefined) return rest;
    return { ...rest, [headers.deadline]: String(Math.min(deadline, clock.now() + retentionMs)) };
  }
}
