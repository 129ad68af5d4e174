/**
 * Runs `task` on every item, with at most `limit` tasks in flight. After the first failure it starts no further task,
 * waits for the running ones, and throws that failure. So no task outlives the call.
 */
export async function forEachBounded<Item>(
  items: readonly Item[],
  limit: number,
  task: (item: Item) => Promise<void>,
): Promise<void> {
  const failures: unknown[] = [];
  let next = 0;
  async function runner(): Promise<void> {
    while (failures.length === 0 && next < items.length) {
      const item = items[next++] as Item;
      try {
        await task(item);
      } catch (thrown) {
        failures.push(thrown);
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, runner));
  if (failures.length > 0) throw failures[0];
}
