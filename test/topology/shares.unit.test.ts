import { describe, expect, it } from 'vitest';
import { choosePartition, partitionsOf } from '../../topology/shares.js';

const shares = { rows: 8, columns: 8 };
const clients = Array.from({ length: 1_000 }, (_, n) => `client-${n}`);

describe('the partitions of a client', () => {
  it('are one in each column, the same on every call', () => {
    for (const client of clients) {
      const partitions = partitionsOf(client, shares);
      expect(partitions.map((partition) => partition % shares.columns)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
      expect(Math.max(...partitions)).toBeLessThan(64);
      expect(partitionsOf(client, shares)).toEqual(partitions);
    }
  });

  it('are spread evenly over the rows', () => {
    const counts = new Map<number, number>();
    for (const partition of clients.flatMap((client) => partitionsOf(client, shares)))
      counts.set(partition, (counts.get(partition) ?? 0) + 1);
    expect(counts.size).toBe(64);
    // The average is 125 clients a partition, the standard deviation 10.5.
    expect(Math.min(...counts.values())).toBeGreaterThan(125 - 53);
    expect(Math.max(...counts.values())).toBeLessThan(125 + 53);
  });

  it('are the same for all events without a client name', () => {
    expect(partitionsOf(undefined, shares)).toEqual(partitionsOf('', shares));
  });

  it('leave a small client a partition without large clients', () => {
    const free = (large: number) => {
      const taken = new Set(clients.slice(0, large).flatMap((client) => partitionsOf(client, shares)));
      return (
        clients.slice(large).filter((client) => partitionsOf(client, shares).some((partition) => !taken.has(partition)))
          .length /
        (clients.length - large)
      );
    };
    expect(free(1)).toBe(1);
    expect(free(4)).toBeGreaterThan(0.99);
    expect(free(8)).toBeGreaterThan(0.9);
  });
});

it('choosePartition selects the partition with the fewest waiting records', () => {
  const [first, second, third] = partitionsOf('acme', shares) as [number, number, number];
  const waiting = (least: number) => (partition: number) => (partition === least ? 3 : 4);
  expect(choosePartition('acme', shares, waiting(third))).toBe(third);
  expect(choosePartition('acme', shares, waiting(second))).toBe(second);
  expect(choosePartition('acme', shares, () => 0)).toBe(first);
});
