import { expect, it } from 'vitest';
import { attemptOf } from '../../../runtime/failures/retry-record.js';
import { eventTimeFrom } from '../../../runtime/records/event-time.js';

const day = 86_400_000;
const now = Date.UTC(2026, 0, 1);
const bounds = { now, retentionMs: 7 * day };
const year2100 = Date.UTC(2100, 0, 1);

it.each([
  { name: 'a moment ago', written: now - 5, time: now - 5, isClamped: false },
  { name: 'within the tolerated difference of clocks', written: now + 60_000, time: now + 60_000, isClamped: false },
  { name: 'ahead by more', written: now + 60_001, time: now, isClamped: true },
  { name: 'ahead by 50 minutes', written: now + 50 * 60_000, time: now, isClamped: true },
  { name: 'year 2100', written: year2100, time: now, isClamped: true },
  { name: 'beyond the range of dates', written: 1e17, time: now, isClamped: true },
  { name: 'no number', written: NaN, time: now, isClamped: true },
  { name: 'Kafka for "no timestamp"', written: -1, time: now, isClamped: true },
  { name: 'as old as the last segment', written: now - 14 * day, time: now - 14 * day, isClamped: false },
  { name: 'older than any record in the topic', written: now - 14 * day - 1, time: now, isClamped: true },
])('a record that was written at a time that is $name', ({ written, time, isClamped }) => {
  expect(eventTimeFrom({ written }, bounds)).toEqual({ time, isClamped });
});

it.each([
  { kept: String(now - 60 * day), time: now - 60 * day, isClamped: false },
  { kept: String(now + 60_000), time: now + 60_000, isClamped: false },
  ...[String(year2100), 'NaN', '1e17', '100000000000000000', '-1', '0x10', '', ' 5'].map((kept) => ({
    kept,
    time: now - 5,
    isClamped: true,
  })),
])('the kept time "$kept" gives $time, or else the timestamp of the record', ({ kept, time, isClamped }) => {
  expect(eventTimeFrom({ kept, written: now - 5 }, bounds)).toEqual({ time, isClamped });
});

it.each<readonly [string | undefined, number]>([
  ['2', 2],
  [undefined, 1],
  ...['NaN', '-5', '0', '1.5', '1e9', '99999', ''].map((text) => [text, 1] as const),
])('the attempt header %j counts as attempt %i', (text, attempt) => {
  const headers: Record<string, string> = text === undefined ? {} : { 'fl-attempt': text };
  const record = { topic: 't', partition: 0, offset: 0n, key: null, value: null, timestamp: now, headers };
  expect(attemptOf(record)).toBe(attempt);
});
