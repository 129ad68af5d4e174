import type { Clock } from './clock.js';
import type { ReadyWork, Contender, SharedDevice } from './shared-device.js';

/**
 * Reason for the dispatch of a batch:
 * - `full`: it had the maximum size.
 * - `delay`: one of its items had waited for its delay.
 * - `deadline`: a longer wait would have made an item miss its deadline.
 * - `idle`: its items have no delay, and the device was idle.
 * - `drain`: the batcher is draining.
 */
export type DispatchReason = 'full' | 'delay' | 'deadline' | 'idle' | 'drain';

export interface BatcherOptions<Item, Result> {
  readonly clock: Clock;
  /** The device that runs the batches. Batchers take turns on it. */
  readonly device: SharedDevice;
  readonly maxSize: number;
  /** Maximum number of batches of this batcher in flight. */
  readonly concurrency: number;
  /** Share of the device's capacity that each batch takes; default 1. */
  readonly cost?: number;
  /** Items share a batch only when they have the same group, such as the same image size. */
  groupOf?(item: Item): string;
  /** Returns one result per item, in order. A rejection rejects every item of the batch. */
  run(items: readonly Item[]): Promise<readonly Result[]>;
  onDispatch?(size: number, reason: DispatchReason): void;
  /** Creates the error for an item whose deadline passes before it is dispatched. */
  expired(item: Item): Error;
}

export interface ItemOptions {
  /** Longest wait for other items of the batch (ms). */
  readonly delayMs: number;
  /** A lower value is dispatched first. */
  readonly priority: number;
  /** Deadline (epoch ms). */
  readonly deadline?: number | undefined;
  /** Called before dispatch. Returns the error to reject the item with when its caller no longer needs the result. */
  readonly unwanted?: (() => Error | undefined) | undefined;
  /** Its abort drops the item at once while it waits. The item then rejects with the reason of the signal. */
  readonly signal?: AbortSignal | undefined;
}

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly group: string;
  /** Time (epoch ms) from which the item is dispatched even in a batch that is not full, and the reason. */
  readonly dueAt: number;
  readonly dueReason: DispatchReason;
  readonly priority: number;
  readonly deadline: number;
  readonly unwanted: () => Error | undefined;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

export interface Batcher<Item, Result> {
  add(item: Item, options: ItemOptions): Promise<Result>;
  /** Items that wait for other items or for the device. */
  readonly waiting: number;
  /** From now on, dispatches items as soon as the device has capacity, whatever their delay. */
  drain(): void;
  /** Leaves the device. The caller must ensure that no item is waiting. */
  close(): void;
}

/**
 * Groups items into batches. A batch is ready when it is full or when one of its items is due, whichever comes first.
 * It is dispatched when the device grants it a turn, with all items of the group that have arrived by then. Items are
 * dispatched by `priority`, lowest first, and FIFO within a priority. An item is dropped as soon as its deadline
 * passes, even while the device is busy.
 */
export function createBatcher<Item, Result>(options: BatcherOptions<Item, Result>): Batcher<Item, Result> {
  const { clock, device, maxSize, concurrency } = options;
  /** Sorted by priority, FIFO within a priority. */
  let queue: Waiting<Item, Result>[] = [];
  let running = 0;
  let draining = false;
  /** Duration of the last batch (ms). An item has to be dispatched that long before its deadline. */
  let lastRunMs = 0;
  let wakeAt = Infinity;
  let cancelWake: () => void = () => undefined;

  const contender: Contender = { cost: options.cost ?? 1, mostUrgent, start };
  device.join(contender);

  function mostUrgent(now: number): ReadyWork | undefined {
    if (running >= concurrency) return undefined;
    const leader = leaderOf(readyGroups(now));
    return leader && { priority: leader.priority, since: leader.dueAt };
  }

  /** Maps each ready group to its dispatch reason. */
  function readyGroups(now: number): ReadonlyMap<string, DispatchReason> {
    const ready = new Map<string, DispatchReason>();
    const sizes = new Map<string, number>();
    for (const { group, dueAt, dueReason, deadline } of queue) {
      if (deadline <= now) continue;
      const size = (sizes.get(group) ?? 0) + 1;
      sizes.set(group, size);
      if (size >= maxSize) ready.set(group, 'full');
      else if (!ready.has(group) && (draining || dueAt <= now)) ready.set(group, draining ? 'drain' : dueReason);
    }
    return ready;
  }

  const leaderOf = (ready: ReadonlyMap<string, DispatchReason>) => queue.find(({ group }) => ready.has(group));

  function start(now: number): Promise<void> {
    dropExpired(now);
    dropUnwanted();
    const ready = readyGroups(now);
    const group = leaderOf(ready)?.group;
    const batch = queue.filter((entry) => entry.group === group).slice(0, maxSize);
    if (batch.length === 0) return Promise.resolve(); // every claimed item was expired or unwanted
    const taken = new Set(batch);
    queue = queue.filter((entry) => !taken.has(entry));
    options.onDispatch?.(batch.length, ready.get(group ?? '') ?? 'delay');
    wakeLater(now);
    return runBatch(batch, now);
  }

  async function runBatch(batch: readonly Waiting<Item, Result>[], startedAt: number): Promise<void> {
    running += 1;
    try {
      const results = await options.run(batch.map((entry) => entry.item));
      if (results.length !== batch.length)
        throw new Error(`a batch of ${batch.length} items returned ${results.length} results`);
      batch.forEach((entry, index) => entry.resolve(results[index] as Result));
    } catch (error) {
      for (const entry of batch) entry.reject(error);
    } finally {
      running -= 1;
      lastRunMs = clock.now() - startedAt;
    }
  }

  function dropExpired(now: number): void {
    const late = queue.filter(({ deadline }) => deadline <= now);
    if (late.length === 0) return;
    queue = queue.filter(({ deadline }) => deadline > now);
    for (const { item, reject } of late) reject(options.expired(item));
  }

  function dropUnwanted(): void {
    queue = queue.filter(({ unwanted, reject }) => {
      const reason = unwanted();
      if (reason) reject(reason);
      return reason === undefined;
    });
  }

  /** Drops an item that waits. A dispatched item ends with its batch. */
  function drop(entry: Waiting<Item, Result>, reason: unknown): void {
    const index = queue.indexOf(entry);
    if (index < 0) return;
    queue.splice(index, 1);
    entry.reject(reason);
    if (queue.length === 0) wakeLater(clock.now());
  }

  function wakeLater(now: number): void {
    let next = Infinity;
    // Due items need no timer: they already wait for their turn on the device.
    for (const { dueAt, deadline } of queue) next = Math.min(next, deadline, dueAt > now ? dueAt : Infinity);
    if (next === wakeAt) return;
    cancelWake();
    cancelWake = () => undefined;
    wakeAt = next;
    if (next === Infinity) return;
    cancelWake = clock.schedule(Math.max(0, next - now), function wake() {
      wakeAt = Infinity;
      update();
    });
  }

  function update(): void {
    const now = clock.now();
    dropExpired(now);
    wakeLater(now);
    device.poll();
  }

  function due({ delayMs, deadline = Infinity }: ItemOptions): Pick<Waiting<Item, Result>, 'dueAt' | 'dueReason'> {
    const now = clock.now();
    const latest = deadline - lastRunMs;
    if (delayMs > 0 && latest < now + delayMs) return { dueAt: Math.max(now, latest), dueReason: 'deadline' };
    return { dueAt: now + delayMs, dueReason: delayMs === 0 ? 'idle' : 'delay' };
  }

  return {
    add(item, itemOptions) {
      return new Promise<Result>((resolve, reject) => {
        const { priority, deadline = Infinity, unwanted = () => undefined, signal } = itemOptions;
        if (signal?.aborted) return reject(signal.reason);
        const onAbort = () => drop(entry, signal?.reason);
        const settled = () => signal?.removeEventListener('abort', onAbort);
        const entry: Waiting<Item, Result> = {
          item,
          group: options.groupOf?.(item) ?? '',
          ...due(itemOptions),
          priority,
          deadline,
          unwanted,
          resolve(result) {
            settled();
            resolve(result);
          },
          reject(error) {
            settled();
            reject(error);
          },
        };
        signal?.addEventListener('abort', onAbort, { once: true });
        const before = queue.findIndex((other) => other.priority > priority);
        queue.splice(before < 0 ? queue.length : before, 0, entry);
        update();
      });
    },
    get waiting() {
      return queue.length;
    },
    drain() {
      draining = true;
      update();
    },
    close() {
      cancelWake();
      device.leave(contender);
    },
  };
}
