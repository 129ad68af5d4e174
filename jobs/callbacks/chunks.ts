/** Splits items into chunks within both bounds, in order. An item larger than `maxBytes` has a chunk of its own. */
export function splitIntoChunks<Item>(
  items: readonly Item[],
  bounds: { readonly maxItems: number; readonly maxBytes: number },
  bytesOf: (item: Item) => number,
): Item[][] {
  const chunks: Item[][] = [];
  let bytes = 0;
  for (const item of items) {
    const size = bytesOf(item);
    const last = chunks.at(-1);
    if (last !== undefined && last.length < bounds.maxItems && bytes + size <= bounds.maxBytes) {
      last.push(item);
      bytes += size;
    } else {
      chunks.push([item]);
      bytes = size;
    }
  }
  return chunks;
}
