import type { Clock } from '../../primitives/clock.js';

export interface ReplyOptions {
  /** Epoch milliseconds. */
  readonly deadline: number;
  readonly signal: AbortSignal;
  /** Creates the error for a reply that has not arrived by the deadline. */
  readonly expired: () => Error;
}

interface Settler<Reply> {
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: unknown) => void;
}

/** Callers that wait for replies, by request id. Requests with the same id share a reply. */
export class Replies<Reply> {
  readonly #clock: Clock;
  readonly #waiting = new Map<string, Set<Settler<Reply>>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  resolve(id: string, reply: Reply): void {
    for (const settler of this.#waiting.get(id) ?? []) settler.resolve(reply);
  }

  reject(id: string, error: unknown): void {
    for (const settler of this.#waiting.get(id) ?? []) settler.reject(error);
  }

  /** Waits for a reply. `fail` ends the wait of this caller alone. */
  wait(
    id: string,
    { deadline, signal, expired }: ReplyOptions,
  ): { readonly promise: Promise<Reply>; readonly fail: (error: unknown) => void } {
    const others = this.#waiting.get(id) ?? new Set();
    this.#waiting.set(id, others);
    let fail: (error: unknown) => void = () => undefined;
    const promise = new Promise<Reply>((resolve, reject) => {
      const finish = () => {
        cancel();
        signal.removeEventListener('abort', onAbort);
        others.delete(settler);
        if (others.size === 0 && this.#waiting.get(id) === others) this.#waiting.delete(id);
      };
      fail = (error) => {
        finish();
        reject(error);
      };
      const settler: Settler<Reply> = {
        resolve(reply) {
          finish();
          resolve(reply);
        },
        reject: fail,
      };
      const onAbort = () => fail(signal.reason);
      const cancel = this.#clock.schedule(Math.max(0, deadline - this.#clock.now()), () => fail(expired()));
      others.add(settler);
      signal.addEventListener('abort', onAbort, { once: true });
    });
    return { promise, fail };
  }
}
