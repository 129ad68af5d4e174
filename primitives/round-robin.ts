/** Takes items from several queues in turn, one from each, whatever their lengths. */
export interface RoundRobin<T> {
  push(queue: number, items: readonly T[]): void;
  /** The next item; undefined when all queues are empty. */
  peek(): T | undefined;
  /** Removes and returns the item that `peek` returns. */
  take(): T | undefined;
  waiting(queue: number): number;
  clear(): void;
}

export function createRoundRobin<T>(): RoundRobin<T> {
  /** Non-empty queues, in the order of their turns. `at` is the index of the next item. */
  const queues = new Map<number, { readonly items: readonly T[]; at: number }>();

  const first = () => queues.entries().next().value;

  function peek(): T | undefined {
    const queue = first()?.[1];
    return queue?.items[queue.at];
  }

  return {
    push(name, items) {
      if (items.length === 0) return;
      // A queue that already has items keeps its turn.
      const queue = queues.get(name);
      queues.set(name, { items: [...(queue?.items.slice(queue.at) ?? []), ...items], at: 0 });
    },
    peek,
    take() {
      const [name, queue] = first() ?? [];
      if (name === undefined || queue === undefined) return undefined;
      const item = queue.items[queue.at];
      queue.at += 1;
      queues.delete(name);
      if (queue.at < queue.items.length) queues.set(name, queue);
      return item;
    },
    waiting(name) {
      const queue = queues.get(name);
      return queue === undefined ? 0 : queue.items.length - queue.at;
    },
    clear: () => queues.clear(),
  };
}
