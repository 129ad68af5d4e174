import type { Clock } from '../../primitives/clock.js';
import { Turns } from '../../primitives/turns.js';
import { createCircuit, type Circuit } from './circuit.js';

export interface EndpointLimits {
  /** Deliveries under way to all endpoints. */
  readonly overall: number;
  /** Deliveries under way to one endpoint. */
  readonly concurrency: number;
  /** Deliveries that wait for one endpoint; what does not fit is to come back later. */
  readonly waiting: number;
  /** Failures in a row after which an endpoint is left alone. */
  readonly failuresToOpen: number;
  /** For how long, milliseconds; then one delivery is tried. */
  readonly openMs: number;
}

export const endpointLimits: EndpointLimits = {
  overall: 64,
  concurrency: 4,
  waiting: 32,
  failuresToOpen: 5,
  openMs: 30_000,
};

export interface Endpoints {
  /**
   * Does the work when it is the turn of the endpoint. `busy` when too many wait for it already. Throws
   * `callback-failed`
   * without any work while the endpoint is left alone, and whatever the work throws.
   */
  run(endpoint: string, work: () => Promise<void>, signal: AbortSignal): Promise<'done' | 'busy'>;
}

interface Endpoint {
  readonly circuit: Circuit;
  /** Deliveries under way, and those that wait. */
  held: number;
}

/** Endpoints remembered at most; their names are in the hands of clients. */
const maxEndpoints = 10_000;

/** Keeps endpoints from each other: each has turns of its own, and one that fails again and again is left alone. */
export function createEndpoints({
  clock,
  limits = endpointLimits,
  onCircuits,
}: {
  readonly clock: Clock;
  readonly limits?: EndpointLimits;
  /** Told how many endpoints are left alone whenever that changes. */
  readonly onCircuits?: (open: number) => void;
}): Endpoints {
  const turns = new Turns({ overall: limits.overall, perKey: limits.concurrency });
  const known = new Map<string, Endpoint>();
  const open = new Set<string>();

  function setOpen(name: string, isOpen: boolean): void {
    if (isOpen) open.add(name);
    else open.delete(name);
    onCircuits?.(open.size);
  }

  function endpointOf(name: string): Endpoint {
    const endpoint = known.get(name) ?? {
      circuit: createCircuit({ clock, ...limits, onChange: (isOpen) => setOpen(name, isOpen) }),
      held: 0,
    };
    known.delete(name); // to the end of the order, so that the first in it was asked for the longest time ago
    known.set(name, endpoint);
    return endpoint;
  }

  function forgetOldest(): void {
    for (const [name, { held }] of known) {
      if (known.size <= maxEndpoints) return;
      if (held > 0) continue;
      known.delete(name);
      setOpen(name, false);
    }
  }

  return {
    async run(name, work, signal) {
      const endpoint = endpointOf(name);
      endpoint.circuit.check();
      if (endpoint.held >= limits.concurrency + limits.waiting) return 'busy';
      endpoint.held += 1;
      try {
        const release = await turns.take(name, signal);
        try {
          // It may have failed while this delivery waited, and after a pause one try is enough.
          endpoint.circuit.check();
          await endpoint.circuit.execute(work);
          return 'done';
        } finally {
          release();
        }
      } finally {
        endpoint.held -= 1;
        forgetOldest();
      }
    },
  };
}
