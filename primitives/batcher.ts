import type { Clock } from './clock.js';

/** Why a batch left: it was full, its oldest item had waited its delay, an item's deadline was near, or a drain. */
export type DispatchReason = 'full' | 'delay' | 'deadline' | 'drain';

export interface BatcherOptions<Item, Result> {
  readonly clock: Clock;
  readonly maxSize: number;
  /** Batches that may run at the same time. */
  readonly concurrency: number;
  /** One result per item, in order. A rejection rejects every item of the batch. */
  run(items: readonly Item[]): Promise<readonly Result[]>;
  onDispatch?(size: number, reason: DispatchReason): void;
  /** What an item is rejected with when its deadline passes before it was run. */
  expired(item: Item): Error;
}

export interface ItemOptions {
  /** How long the item may wait for company, milliseconds. */
  readonly delayMs: number;
  /** Lower leaves first. */
  readonly priority: number;
  /** Epoch milliseconds. */
  readonly deadline?: number | undefined;
}

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly dueAt: number;
  readonly priority: number;
  readonly deadline: number;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

export interface Batcher<Item, Result> {
  add(item: Item, options: ItemOptions): Promise<Result>;
  /** Items that wait for company or for a free slot. */
  readonly waiting: number;
  /** Dispatches everything at once from now on, whatever its delay. */
  drain(): void;
}

/**
 * Groups items into batches: a batch leaves when it is full or when one of its items has waited its delay, whichever
 * comes first, and only into a free slot. Items of lower `priority` value leave first, in order of arrival within it.
 */
export function createBatcher<Item, Result>(options: BatcherOptions<Item, Result>): Batcher<Item, Result> {
  const { clock, maxSize, concurrency } = options;
  let queue: Waiting<Item, Result>[] = [];
  let running = 0;
  let draining = false;
  let wakeAt = Infinity;
  let cancelWake: () => void = () => undefined;

  function reasonToLeave(now: number): DispatchReason | undefined {
    if (queue.length >= maxSize) return 'full';
    if (queue.length === 0) return undefined;
    if (draining) return 'drain';
    if (queue.some((entry) => entry.deadline <= now)) return 'deadline';
    if (queue.some((entry) => entry.dueAt <= now)) return 'delay';
    return undefined;
  }

  function dropExpired(now: number): void {
    const live: Waiting<Item, Result>[] = [];
    for (const entry of queue) {
      if (entry.deadline > now) live.push(entry);
      else entry.reject(options.expired(entry.item));
    }
    queue = live;
  }

  function wakeLater(): void {
    let next = Infinity;
    for (const entry of queue) next = Math.min(next, entry.dueAt, entry.deadline);
    if (next === wakeAt) return;
    cancelWake();
    wakeAt = next;
    if (next === Infinity) return;
    cancelWake = clock.schedule(Math.max(0, next - clock.now()), function wake() {
      wakeAt = Infinity;
      dispatch();
    });
  }

  function dispatch(): void {
    const now = clock.now();
    dropExpired(now);
    for (let reason = reasonToLeave(now); reason && running < concurrency; reason = reasonToLeave(now)) {
      queue.sort((a, b) => a.priority - b.priority); // stable: arrival order within a priority
      const batch = queue.slice(0, maxSize);
      queue = queue.slice(maxSize);
      options.onDispatch?.(batch.length, reason);
      void runBatch(batch);
    }
    // With every slot taken, the end of a batch wakes the queue; only deadlines are lost meanwhile, and found then.
    if (running < concurrency) wakeLater();
  }

  async function runBatch(batch: readonly Waiting<Item, Result>[]): Promise<void> {
    running += 1;
    try {
      const results = await options.run(batch.map((entry) => entry.item));
      if (results.length !== batch.length) throw new Error(`batch of ${batch.length} gave ${results.length} results`);
      batch.forEach((entry, index) => entry.resolve(results[index] as Result));
    } catch (error) {
      for (const entry of batch) entry.reject(error);
    } finally {
      running -= 1;
      dispatch();
    }
  }

  return {
    add(item, { delayMs, priority, deadline }) {
      return new Promise<Result>((resolve, reject) => {
        queue.push({ item, dueAt: clock.now() + delayMs, priority, deadline: deadline ?? Infinity, resolve, reject });
        dispatch();
      });
    },
    get waiting() {
      return queue.length;
    },
    drain() {
      draining = true;
      dispatch();
    },
  };
}
