/**
 * Runs `task` on every item, at most `limit` at a time. After the first failure no further item is started, and that
 * failure is thrown once all running tasks have ended: nothing of this call goes on behind the caller's back.
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
