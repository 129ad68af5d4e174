import type { Clock } from '../../primitives/clock.js';
import { repeat, type StopRepeating } from '../../primitives/timer-loop.js';

export interface LeasesOptions {
  readonly clock: Clock;
  /** Time (ms) between two renewals. */
  readonly renewEveryMs: number;
  /** Renews leases of one key in the store, at most `renewedTogether`. Rejects while the store is unreachable. */
  renew(key: string, leases: readonly string[]): Promise<unknown>;
}

export interface Leases {
  /** Keeps a lease alive until the returned function is called. That function is idempotent. */
  hold(key: string, lease: string): () => void;
  /** Stops all renewals; the leases then expire. */
  close(): void;
}

export const renewedTogether = 100;

/** Longest time (ms) until the next attempt after a failed renewal. */
const retryMs = 5_000;

/** Holds the leases of this process. One timer renews them; it runs while the process holds a lease. */
export function createLeases({ clock, renewEveryMs, renew }: LeasesOptions): Leases {
  /** Key → leases. */
  const held = new Map<string, Set<string>>();
  let stop: StopRepeating | undefined;

  async function renewKey(key: string): Promise<void> {
    const leases = [...(held.get(key) ?? [])];
    for (let at = 0; at < leases.length; at += renewedTogether) {
      // Leases may be released meanwhile, and renewing a released lease would keep it alive.
      const current = leases.slice(at, at + renewedTogether).filter((lease) => held.get(key)?.has(lease));
      if (current.length > 0) await renew(key, current);
    }
  }

  async function renewAll(): Promise<number> {
    try {
      for (const key of [...held.keys()]) await renewKey(key);
      return renewEveryMs;
    } catch {
      return Math.min(renewEveryMs, retryMs);
    }
  }

  function stopRenewing(): void {
    void stop?.();
    stop = undefined;
  }

  return {
    hold(key, lease) {
      held.set(key, (held.get(key) ?? new Set()).add(lease));
      stop ??= repeat(clock, renewEveryMs, renewAll);
      return function letGo() {
        const leases = held.get(key);
        leases?.delete(lease);
        if (leases?.size === 0) held.delete(key);
        if (held.size === 0) stopRenewing();
      };
    },
    close() {
      held.clear();
      stopRenewing();
    },
  };
}
