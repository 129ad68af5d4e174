/** Items of several queues, handed out one of each queue in turn, whatever their lengths. */
export interface RoundRobin<T> {
  push(queue: number, items: readonly T[]): void;
  /** The item whose turn it is; undefined when nothing waits. */
  peek(): T | undefined;
  /** Takes the item that `peek` shows. */
  take(): T | undefined;
  waiting(queue: number): number;
  clear(): void;
}

export function createRoundRobin<T>(): RoundRobin<T> {
  /** In the order of their turns; none is empty. `at`: the first item that was not taken. */
  const queues = new Map<number, { readonly items: readonly T[]; at: number }>();

  const first = () => queues.entries().next().value;

  function peek(): T | undefined {
    const queue = first()?.[1];
    return queue?.items[queue.at];
  }

  return {
    push(name, items) {
      if (items.length === 0) return;
      // One that waits already keeps its place among the turns.
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
