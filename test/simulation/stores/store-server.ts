import type { Network } from '../engine/network.js';
import type { SimProcess } from '../engine/process.js';
import type { Scheduler } from '../engine/scheduler.js';
import { machineOf } from '../kafka/connection.js';

type State = 'up' | 'frozen' | 'down';

/** Longest silence (ms) before a socket of a client gives up by itself. */
const silenceMs = 60_000;

/** The process of a store, and the requests on their way to it. A request that has left may land late. */
export class StoreServer {
  state: State = 'up';
  readonly #scheduler: Scheduler;
  readonly #network: Network;
  #inbox: (() => void)[] = [];

  constructor(scheduler: Scheduler, network: Network) {
    this.#scheduler = scheduler;
    this.#network = network;
  }

  /**
   * Sends a request of the process whose code runs. `apply` runs at the store, once the request arrives. Rejects with
   * an error of the network, with what `apply` throws, or when the signal aborts; the request may land all the same.
   */
  request<Answer>(name: string, apply: () => Answer, signal?: AbortSignal): Promise<Answer> {
    const owner = this.#scheduler.current;
    const machine = machineOf(owner);
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(abortError());
      signal?.addEventListener('abort', () => reject(abortError()), { once: true });
      const fate = this.#network.fate(machine, 'store');
      const answer = (settle: () => void) => this.#answer(machine, owner, settle);
      const lost = () => reject(networkError('ECONNRESET'));
      const arrivesIn = this.#network.latencyMs(machine, 'store');
      if (fate === 'cut') return void this.#scheduler.after(silenceMs, owner, () => reject(networkError('ETIMEDOUT')));
      if (fate === 'request-lost') return void this.#scheduler.after(2 * arrivesIn, owner, lost);
      this.#scheduler.after(arrivesIn, undefined, () => this.#arrive(serve));

      const serve = () => {
        if (!this.#network.hasLeft(owner)) return;
        if (this.state === 'down') return answer(() => reject(networkError('ECONNREFUSED')));
        this.#scheduler.trace.add(`${machine} ${name}`);
        try {
          const given = apply();
          answer(fate === 'answer-lost' ? lost : () => resolve(given));
        } catch (error) {
          answer(fate === 'answer-lost' ? lost : () => reject(error));
        }
      };
    });
  }

  #arrive(serve: () => void): void {
    if (this.state === 'frozen') this.#inbox.push(serve);
    else serve();
  }

  #answer(machine: string, owner: SimProcess | undefined, settle: () => void): void {
    this.#scheduler.after(this.#network.latencyMs(machine, 'store'), owner, settle);
  }

  wake(): void {
    this.state = 'up';
    const waiting = this.#inbox;
    this.#inbox = [];
    for (const serve of waiting) serve();
  }
}

function networkError(code: string): Error {
  return Object.assign(new Error(`the connection failed (${code})`), { code });
}

function abortError(): Error {
  return Object.assign(new Error('the request was aborted'), { name: 'AbortError' });
}
