import { describe, expect, it } from 'vitest';
import { eventLineParser } from '../../../cli/produce/event-line.js';
import { produceEvents, type ProduceOptions } from '../../../cli/produce/event-producer.js';
import { longestLine, readLines } from '../../../cli/client/lines.js';
import type { ListingImage } from '../../../schemas/events.js';

const parse = eventLineParser(['listing-photo@1', 'moderation-only@1']);
const good = { listingId: 'L1', imageId: 'L1/a', url: 'https://a.example/a.jpg' };
const event: ListingImage = { ...good, content: null, pipeline: null, attributes: {} };

describe('eventLineParser', () => {
  it.each<[name: string, value: unknown, expected: ListingImage]>([
    ['required fields only', good, event],
    [
      'all fields',
      { ...good, pipeline: 'moderation-only@1', attributes: { a: 'b' } },
      { ...event, pipeline: 'moderation-only@1', attributes: { a: 'b' } },
    ],
    [
      'an image in the store',
      { ...good, url: 's3://images/sha256/ab/abc' },
      { ...event, url: 's3://images/sha256/ab/abc' },
    ],
  ])('accepts %s', (_, value, expected) => {
    expect(parse({ number: 1, text: JSON.stringify(value) })).toEqual({ kind: 'event', event: expected });
  });

  it.each<[name: string, text: string, problems: unknown[]]>([
    ['malformed JSON', '{"a":', [expect.stringMatching(/^not JSON: /)]],
    ['an array', '[1]', ['invalid input: expected object, received array']],
    ['null', 'null', ['invalid input: expected object, received null']],
    [
      'a missing field',
      '{"listingId":"L","url":"https://a.example/1"}',
      ['imageId: invalid input: expected string, received undefined'],
    ],
    ['an unknown field', JSON.stringify({ ...good, size: 3 }), ['unrecognized key: "size"']],
    ['an empty id', JSON.stringify({ ...good, imageId: '' }), ['imageId: must not be empty']],
    [
      'another scheme',
      JSON.stringify({ ...good, url: 'ftp://a/b' }),
      ['url: must start with http://, https:// or s3:// and a host or bucket'],
    ],
    [
      'an unknown pipeline',
      JSON.stringify({ ...good, pipeline: 'x@1' }),
      ['pipeline: invalid option: expected one of "listing-photo@1"|"moderation-only@1"'],
    ],
    [
      'attributes that are not strings',
      JSON.stringify({ ...good, attributes: { floor: 3 } }),
      ['attributes.floor: invalid input: expected string, received number'],
    ],
    [
      'several problems at once',
      '{"listingId":"","imageId":"a","url":1}',
      ['listingId: must not be empty', 'url: invalid input: expected string, received number'],
    ],
    ['a line above the length limit', 'x'.repeat(longestLine), [`the line is longer than ${longestLine} characters`]],
  ])('rejects %s', (_, text, problems) => {
    expect(parse({ number: 7, text })).toEqual({ kind: 'invalid', line: 7, problems });
  });
});

async function* chunks(...texts: string[]) {
  for (const text of texts) yield Buffer.from(text);
}

describe('readLines', () => {
  it('numbers lines with LF and CRLF ends, and keeps a last line without an end', async () => {
    const lines = [];
    for await (const { number, text } of readLines(chunks('\uFEFFa\r', '\nb', 'b\n\n', 'c')))
      lines.push([number, text]);
    expect(lines).toEqual([
      [1, 'a'],
      [2, 'bb'],
      [3, ''],
      [4, 'c'],
    ]);
  });
});

async function produce(lines: string[], changes: Partial<ProduceOptions> = {}) {
  const sent: string[][] = [];
  const invalid: number[] = [];
  const summary = await produceEvents({
    lines: readLines(chunks(...lines.map((line) => `${line}\n`))),
    parse,
    strict: false,
    signal: new AbortController().signal,
    send(events) {
      sent.push(events.map(({ imageId }) => imageId));
      return Promise.resolve();
    },
    onInvalid: (line) => void invalid.push(line),
    ...changes,
  });
  return { summary, sent, invalid };
}

const line = (imageId: string) => JSON.stringify({ ...good, imageId });

describe('produceEvents', () => {
  it('sends valid lines and counts invalid ones', async () => {
    expect(await produce([line('a'), 'x', '', line('b'), '{}'])).toEqual({
      summary: { lines: 4, sent: 2, invalid: 2, complete: true },
      sent: [['a', 'b']],
      invalid: [2, 5],
    });
  });

  it('stops at the first invalid line with --strict', async () => {
    expect(await produce([line('a'), 'x', line('b')], { strict: true })).toEqual({
      summary: { lines: 2, sent: 1, invalid: 1, complete: false },
      sent: [['a']],
      invalid: [2],
    });
  });

  it('holds at most two chunks in memory for a file of any length', async () => {
    let [parsed, acknowledged, most] = [0, 0, 0];
    const { summary } = await produce(
      Array.from({ length: 5_250 }, (_, n) => line(String(n))),
      {
        parse(text) {
          parsed += 1;
          most = Math.max(most, parsed - acknowledged);
          return parse(text);
        },
        async send(events) {
          await new Promise((resolve) => setImmediate(resolve));
          acknowledged += events.length;
        },
      },
    );
    expect(summary).toEqual({ lines: 5_250, sent: 5_250, invalid: 0, complete: true });
    expect(most).toBeLessThanOrEqual(1_000);
  });

  it('fails with the error of the brokers', async () => {
    await expect(produce([line('a')], { send: () => Promise.reject(new Error('no topic')) })).rejects.toThrow(
      'no topic',
    );
  });
});
