import type { Clock } from './clock.js';
import type { Claim, Contender, Device } from './device.js';

/**
 * Why a batch left: it was full; one of its items had waited its delay; an item could wait no longer for its deadline's
 * sake; its items wait for no company and the device was idle; or everything has to leave.
 */
export type DispatchReason = 'full' | 'delay' | 'deadline' | 'idle' | 'drain';

export interface BatcherOptions<Item, Result> {
  readonly clock: Clock;
  /** Where batches run, in turn with those of other batchers. */
  readonly device: Device;
  readonly maxSize: number;
  /** Batches of this batcher that may run at the same time. */
  readonly concurrency: number;
  /** What each of them takes of the device's room; default 1. */
  readonly cost?: number;
  /** Items share a batch only when they have the same group, such as the same size. */
  groupOf?(item: Item): string;
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
  /** Asked when a batch is to leave: what the item is rejected with because nobody wants its result any more. */
  readonly unwanted?: (() => Error | undefined) | undefined;
}

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly group: string;
  /** When it leaves even without company, epoch milliseconds, and why. */
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
  /** Items that wait for company or for the device. */
  readonly waiting: number;
  /** Dispatches everything as soon as the device has room from now on, whatever its delay. */
  drain(): void;
  /** Leaves the device; expects that nothing waits any more. */
  close(): void;
}

/**
 * Groups items into batches: a batch leaves when it is full or when one of its items is due, whichever comes first, and
 * only when it is its turn on the device; what has come by then goes along. Items of lower `priority` value leave
 * first,
 * in order of arrival within it. An item whose deadline passes is dropped at that moment, also while the device is
 * busy.
 */
export function createBatcher<Item, Result>(options: BatcherOptions<Item, Result>): Batcher<Item, Result> {
  const { clock, device, maxSize, concurrency } = options;
  /** By priority, in order of arrival within it. */
  let queue: Waiting<Item, Result>[] = [];
  let running = 0;
  let draining = false;
  /** Of the last batch: how long before its deadline an item has to leave, milliseconds. */
  let lastRunMs = 0;
  let wakeAt = Infinity;
  let cancelWake: () => void = () => undefined;

  const contender: Contender = { cost: options.cost ?? 1, claim, start };
  device.join(contender);

  function claim(now: number): Claim | undefined {
    if (running >= concurrency) return undefined;
    const leader = leaderOf(readyGroups(now));
    return leader && { priority: leader.priority, since: leader.dueAt };
  }

  /** Group → why it is ready to leave. */
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
    if (batch.length === 0) return Promise.resolve(); // nobody wanted what it was claimed for
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
      if (results.length !== batch.length) throw new Error(`batch of ${batch.length} gave ${results.length} results`);
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

  function wakeLater(now: number): void {
    let next = Infinity;
    // What is due already waits for its turn on the device, which comes without a timer.
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
        const { priority, deadline = Infinity, unwanted = () => undefined } = itemOptions;
        const entry = {
          item,
          group: options.groupOf?.(item) ?? '',
          ...due(itemOptions),
          priority,
          deadline,
          unwanted,
          resolve,
          reject,
        };
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
