import { describe, expect, it } from 'vitest';
import { ByteCollector } from '../../primitives/byte-collector.js';

const mebibyte = 1024 * 1024;

/** Bytes that identify their position. */
const counted = (length: number) => Uint8Array.from({ length }, (_, index) => index % 251);

function collect(bytes: Uint8Array, chunkSize: number, expectedBytes?: number) {
  const collector = new ByteCollector({ limitBytes: bytes.length, expectedBytes });
  let isTaken = true;
  for (let at = 0; at < bytes.length; at += chunkSize) isTaken &&= collector.add(bytes.subarray(at, at + chunkSize));
  expect(isTaken).toBe(true);
  return collector;
}

describe('ByteCollector', () => {
  it.each([1, 2, 7, 1_000, 65_536, 300_000])('concatenates chunks of %i bytes', (chunkSize) => {
    const bytes = counted(200_000);
    for (const expected of [undefined, NaN, -1, 0, 10, bytes.length, 10 ** 12]) {
      const collector = collect(bytes, chunkSize, expected);
      expect(Buffer.compare(collector.bytes(), bytes)).toBe(0);
      expect(collector.length).toBe(bytes.length);
    }
  });

  it('allocates no buffer before the first chunk', () => {
    const collector = new ByteCollector({ limitBytes: 100, expectedBytes: 50 });
    expect([collector.length, collector.capacity, collector.bytes().length]).toEqual([0, 0, 0]);
  });

  it('accepts bytes up to the limit, and no chunk after one that would exceed it', () => {
    const collector = new ByteCollector({ limitBytes: 10 });
    expect([counted(6), counted(4)].map((chunk) => collector.add(chunk))).toEqual([true, true]);
    expect([counted(1), counted(0)].map((chunk) => collector.add(chunk))).toEqual([false, false]);
    expect(collector.length).toBe(10);
  });

  it('keeps no byte of a chunk that would exceed the limit', () => {
    const collector = new ByteCollector({ limitBytes: 10 });
    collector.add(counted(6));
    expect(collector.add(counted(5))).toBe(false);
    expect([...collector.bytes()]).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('copies chunks, so that a sender may reuse its buffer', () => {
    const collector = new ByteCollector({ limitBytes: 10 });
    const chunk = Uint8Array.of(1, 2, 3);
    collector.add(chunk);
    chunk.fill(9);
    expect([...collector.bytes()]).toEqual([1, 2, 3]);
  });

  it('never allocates more than twice the bytes (beyond the first block) or more than the limit', () => {
    const limitBytes = 3_000_000;
    const collector = new ByteCollector({ limitBytes });
    const chunk = counted(1_000);
    const capacities = new Set<number>();
    const excessive: number[] = [];
    while (collector.add(chunk)) {
      capacities.add(collector.capacity);
      const most = Math.min(limitBytes, Math.max(16 * 1024, 2 * collector.length));
      if (collector.capacity > most) excessive.push(collector.capacity);
    }
    expect(excessive).toEqual([]);
    expect(collector.length).toBe(limitBytes);
    // Geometric growth: few reallocations, whatever the number of chunks.
    expect(capacities.size).toBeLessThan(10);
  });

  it('allocates at most 1 MiB of an announced length until more bytes arrive', () => {
    const collector = new ByteCollector({ limitBytes: 100 * mebibyte, expectedBytes: 50 * mebibyte });
    collector.add(counted(1));
    expect(collector.capacity).toBe(mebibyte);
    collector.add(new Uint8Array(mebibyte));
    expect(collector.capacity).toBe(2 * mebibyte);
  });

  it('allocates exactly the announced length when it is correct', () => {
    expect(collect(counted(500_000), 1_000, 500_000).capacity).toBe(500_000);
    const collector = new ByteCollector({ limitBytes: 100 * mebibyte, expectedBytes: 5 * mebibyte });
    for (let added = 0; added < 5 * mebibyte; added += mebibyte / 4) collector.add(new Uint8Array(mebibyte / 4));
    expect([collector.capacity, collector.bytes().buffer.byteLength]).toEqual([5 * mebibyte, 5 * mebibyte]);
  });

  it('grows beyond the announced length when more bytes arrive', () => {
    const collector = new ByteCollector({ limitBytes: 10_000, expectedBytes: 10 });
    const bytes = counted(1_000);
    for (const byte of bytes) collector.add(Uint8Array.of(byte));
    expect(Buffer.compare(collector.bytes(), bytes)).toBe(0);
  });

  it('returns a view of a nearly full buffer, and a copy of a half-empty one', () => {
    const close = new ByteCollector({ limitBytes: 1_000, expectedBytes: 100 });
    close.add(counted(90));
    expect([close.bytes().length, close.bytes().buffer.byteLength]).toEqual([90, 100]);
    const loose = new ByteCollector({ limitBytes: 1_000, expectedBytes: 100 });
    loose.add(counted(50));
    expect([loose.bytes().length, loose.bytes().buffer.byteLength]).toEqual([50, 50]);
  });
});
