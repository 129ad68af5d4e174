import type { Random } from '../../../primitives/seeded-random.js';
import type { SimProcess } from './process.js';

export type ServerName = 'kafka' | 'store';

/** Trouble between a machine (or all) and a server. */
export interface Trouble {
  readonly machine: string | undefined;
  readonly server: ServerName;
  /**
   * - `cut`: nothing passes.
   * - `lossy`: requests and answers get lost with a probability.
   * - `slow`: requests and answers take up to `slowMs` longer.
   */
  readonly kind: 'cut' | 'lossy' | 'slow';
  /** 0..1; only of `lossy`. */
  readonly probability: number;
  /** Upper bound of the added latency (ms); only of `slow`. */
  readonly slowMs: number;
}

export type Fate = 'answered' | 'request-lost' | 'answer-lost' | 'cut';

/** Latency and loss between machines and servers. */
export class Network {
  readonly #random: Random;
  readonly #troubles = new Set<Trouble>();

  constructor(random: Random) {
    this.#random = random;
  }

  begin(trouble: Trouble): void {
    this.#troubles.add(trouble);
  }

  end(trouble: Trouble): void {
    this.#troubles.delete(trouble);
  }

  /** Time of one way (ms). */
  latencyMs(machine: string, server: ServerName): number {
    let latency = 0.5 + this.#random() * 3;
    for (const trouble of this.#troubles) {
      if (trouble.kind === 'slow' && concerns(trouble, machine, server)) latency += this.#random() * trouble.slowMs;
    }
    return latency;
  }

  /** Whether a request of a process that has died meanwhile had left it. */
  hasLeft(owner: SimProcess | undefined): boolean {
    return owner?.alive !== false || this.#random() < 0.7;
  }

  /** Draws what happens to a request. */
  fate(machine: string, server: ServerName): Fate {
    for (const trouble of this.#troubles) {
      if (!concerns(trouble, machine, server)) continue;
      if (trouble.kind === 'cut') return 'cut';
      if (trouble.kind === 'lossy' && this.#random() < trouble.probability)
        return this.#random() < 0.4 ? 'request-lost' : 'answer-lost';
    }
    return 'answered';
  }
}

function concerns(trouble: Trouble, machine: string, server: ServerName): boolean {
  return trouble.server === server && (trouble.machine === undefined || trouble.machine === machine);
}
