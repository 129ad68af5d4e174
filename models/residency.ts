import { FanlightError } from '../schemas/failure.js';

export interface ResidencyOptions<Model> {
  /** Memory that all models of the process may take together (MiB). Infinity: unlimited. */
  readonly budgetMiB: number;
  /** Models that are never evicted to make room. */
  readonly pinned: ReadonlySet<string>;
  /** Memory of a model (MiB), from its card. */
  readonly sizeOf: (id: string) => number;
  readonly load: (id: string) => Promise<Model>;
  readonly unload: (id: string, model: Model) => Promise<void>;
}

/** Keeps a model in memory until `release` is called. */
export interface Lease<Model> {
  readonly model: Model;
  release(): void;
}

export type ResidencyState = 'loading' | 'resident' | 'leaving';

interface Entry<Model> {
  readonly id: string;
  state: ResidencyState;
  leases: number;
  /** Value of the use counter of all models at the last use. The smallest value marks the least recently used model. */
  lastUse: number;
  readonly ready: Promise<Model>;
  /** Resolves when a leaving model has been unloaded. */
  readonly gone: Promise<void>;
  readonly markGone: () => void;
}

/**
 * Manages which models are in memory. The first request loads a model, once for concurrent requests. When the budget is
 * exhausted, the least recently used model is evicted: it takes no new work and finishes its work in flight. A later
 * request loads it again. So models that do not fit together take turns, and none starves.
 */
export class Residency<Model> {
  readonly #options: ResidencyOptions<Model>;
  readonly #entries = new Map<string, Entry<Model>>();
  /** Memory of the models that are loading, resident or leaving (MiB). */
  #takenMiB = 0;
  #uses = 0;
  /** Requests for room are served one at a time, in FIFO order. */
  #roomQueue: Promise<void> = Promise.resolve();
  #onChange: (() => void)[] = [];

  constructor(options: ResidencyOptions<Model>) {
    this.#options = options;
  }

  get takenMiB(): number {
    return this.#takenMiB;
  }

  stateOf(id: string): ResidencyState | 'absent' {
    return this.#entries.get(id)?.state ?? 'absent';
  }

  /**
   * Loads the model if necessary, and keeps it until the lease is released.
   * @throws FanlightError `insufficient-memory` when the model could never fit; any error of `load`.
   */
  async acquire(id: string): Promise<Lease<Model>> {
    for (;;) {
      const entry = this.#entries.get(id) ?? this.#bring(id);
      if (entry.state === 'leaving') {
        await entry.gone;
        continue;
      }
      entry.leases += 1;
      entry.lastUse = this.#uses += 1;
      const release = once(() => {
        entry.leases -= 1;
        this.#changed();
      });
      try {
        return { model: await entry.ready, release };
      } catch (error) {
        release();
        throw error;
      }
    }
  }

  /** Resolves once the model is in memory. */
  async load(id: string): Promise<void> {
    (await this.acquire(id)).release();
  }

  /** Frees the model's memory once its work in flight has finished. A later request loads it again. */
  async unload(id: string): Promise<void> {
    const entry = this.#entries.get(id);
    if (entry?.state === 'resident') await this.#evict(entry);
    else if (entry?.state === 'leaving') await entry.gone;
  }

  async close(): Promise<void> {
    await Promise.all(
      [...this.#entries.values()].map(async (entry) => {
        await entry.ready.catch(() => undefined); // `acquire` already reported the failure
        await this.unload(entry.id);
      }),
    );
  }

  #bring(id: string): Entry<Model> {
    let markGone: () => void = () => undefined;
    const gone = new Promise<void>((resolve) => (markGone = resolve));
    const ready = this.#loadIntoRoom(id);
    const entry: Entry<Model> = { id, state: 'loading', leases: 0, lastUse: 0, ready, gone, markGone };
    this.#entries.set(id, entry);
    ready.then(
      () => {
        entry.state = 'resident';
        this.#changed();
      },
      () => {
        this.#entries.delete(id);
        this.#changed();
      },
    );
    return entry;
  }

  async #loadIntoRoom(id: string): Promise<Model> {
    const sizeMiB = this.#options.sizeOf(id);
    this.#refuseIfTooLarge(id, sizeMiB);
    const room = this.#roomQueue.then(() => this.#makeRoom(sizeMiB));
    this.#roomQueue = room;
    await room;
    try {
      return await this.#options.load(id);
    } catch (error) {
      this.#takenMiB -= sizeMiB;
      throw error;
    }
  }

  #refuseIfTooLarge(id: string, sizeMiB: number): void {
    const { budgetMiB, pinned, sizeOf } = this.#options;
    const others = [...pinned].filter((other) => other !== id).reduce((sum, other) => sum + sizeOf(other), 0);
    if (sizeMiB + others <= budgetMiB) return;
    const why = others > 0 ? `, of which pinned models take ${others} MiB` : '';
    throw new FanlightError({
      code: 'insufficient-memory',
      message: `Model ${id} needs ${sizeMiB} MiB, more than the budget of ${budgetMiB} MiB has room for${why}.`,
      remedy: 'Raise FANLIGHT_MODEL_MEMORY_MIB of this worker, pin fewer models, or run the model on another worker.',
    });
  }

  async #makeRoom(sizeMiB: number): Promise<void> {
    while (this.#takenMiB + sizeMiB > this.#options.budgetMiB) {
      const victim = this.#leastRecentlyUsed();
      if (victim) await this.#evict(victim);
      else await new Promise<void>((resolve) => this.#onChange.push(resolve));
    }
    this.#takenMiB += sizeMiB;
  }

  #leastRecentlyUsed(): Entry<Model> | undefined {
    const candidates = [...this.#entries.values()].filter(
      ({ id, state }) => state === 'resident' && !this.#options.pinned.has(id),
    );
    return candidates.sort((a, b) => Number(a.leases > 0) - Number(b.leases > 0) || a.lastUse - b.lastUse)[0];
  }

  async #evict(entry: Entry<Model>): Promise<void> {
    entry.state = 'leaving';
    while (entry.leases > 0) await new Promise<void>((resolve) => this.#onChange.push(resolve));
    try {
      await this.#options.unload(entry.id, await entry.ready);
    } finally {
      this.#takenMiB -= this.#options.sizeOf(entry.id);
      this.#entries.delete(entry.id);
      entry.markGone();
      this.#changed();
    }
  }

  #changed(): void {
    const waiting = this.#onChange;
    this.#onChange = [];
    for (const wake of waiting) wake();
  }
}

function once(act: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    act();
  };
}
