import type { Clock } from '../../primitives/clock.js';
import { Turns } from '../../primitives/turns.js';
import { createCircuit, type Circuit } from './circuit.js';

export interface EndpointLimits {
  /** Most deliveries in flight to all endpoints. */
  readonly overall: number;
  /** Most deliveries in flight to one endpoint. */
  readonly concurrency: number;
  /** Most deliveries that wait for one endpoint. Further ones are `busy`. */
  readonly waiting: number;
  /** Consecutive failures that open the circuit of an endpoint. */
  readonly failuresToOpen: number;
  /** Time that a circuit stays open (ms). One trial delivery follows. */
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
   * Runs the work when the endpoint has its turn. Returns `busy` without running it when too many deliveries wait for
   * the endpoint. Throws `callback-failed` without running it while the circuit is open. Rethrows what the work throws.
   */
  run(endpoint: string, work: () => Promise<void>, signal: AbortSignal): Promise<'done' | 'busy'>;
}

interface Endpoint {
  readonly circuit: Circuit;
  /** Number of deliveries in flight or waiting. */
  held: number;
}

/** Most endpoints in memory. The bound is needed because clients choose the names. */
const maxEndpoints = 10_000;

/** Isolates endpoints from each other: each endpoint has its own turns and its own circuit. */
export function createEndpoints({
  clock,
  limits = endpointLimits,
  onCircuits,
}: {
  readonly clock: Clock;
  readonly limits?: EndpointLimits;
  /** Called with the number of open circuits whenever it changes. */
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
    // Moves the endpoint to the end of the map, so that the least recently used endpoint comes first.
    known.delete(name);
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
          // The circuit may have opened while this delivery waited, or another delivery may be its trial.
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
