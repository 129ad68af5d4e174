import { describe, expect, it } from 'vitest';
import { JsonSplitter } from '../../../http/bodies/json-splitter.js';
import { JsonTextError, type JsonPath } from '../../../http/bodies/json-text.js';
import { randomFrom, type Random } from '../../../primitives/seeded-random.js';

interface Split {
  readonly rest: unknown;
  /** Path → values. */
  readonly long: Readonly<Record<string, readonly unknown[]>>;
}

/**
 * Splits a text that arrives in pieces of these sizes, repeated in turn. Arrays named `data` have numbers, arrays named
 * `images` have elements.
 */
function split(text: string | Buffer, sizes: readonly number[] = [1 << 20], limitBytes = 4_096): Split {
  const bytes = Buffer.from(text as string);
  const long: Record<string, unknown[]> = {};
  const splitter = new JsonSplitter({
    limitBytes,
    longArray(path: JsonPath) {
      const name = path.at(-1);
      if (name !== 'data' && name !== 'images') return undefined;
      const values: unknown[] = [];
      long[path.join('/')] = values;
      return {
        holds: name === 'data' ? 'numbers' : 'elements',
        limitBytes: 64,
        onValues: (portion) => values.push(...portion),
      };
    },
  });
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    splitter.write(bytes.subarray(at, at + size));
    at += size;
  }
  return { rest: splitter.end(), long };
}

const pieces = [[1], [2, 3], [7], [1 << 20]];

describe('JsonSplitter', () => {
  it.each<[string, string, Split]>([
    [
      'a document without long arrays',
      '{"a": [1, {"b": []}], "c": "[\\"]"}',
      { rest: { a: [1, { b: [] }], c: '["]' }, long: {} },
    ],
    ['numbers', '{"data":[1, -2.5e3 ,0]}', { rest: { data: [] }, long: { data: [1, -2500, 0] } }],
    ['nested numbers', '{"data":[[[1,2],[3]],[[4]]]}', { rest: { data: [] }, long: { data: [1, 2, 3, 4] } }],
    ['no numbers', '{"data":[ ]}', { rest: { data: [] }, long: { data: [] } }],
    [
      'values that are not numbers',
      '{"data":[1,null,"two"]}',
      { rest: { data: [] }, long: { data: [1, null, 'two'] } },
    ],
    [
      'elements',
      '{"images":[{"a":[1,2]},"x,]\\"",[3]],"z":1}',
      { rest: { images: [], z: 1 }, long: { images: [{ a: [1, 2] }, 'x,]"', [3]] } },
    ],
    [
      'arrays of several inputs',
      '{"inputs":[{"data":[1]},{"b":2},{"data":[3]}]}',
      {
        rest: { inputs: [{ data: [] }, { b: 2 }, { data: [] }] },
        long: { 'inputs/0/data': [1], 'inputs/2/data': [3] },
      },
    ],
    ['a name with escapes', '{"d\\u0061ta":[1]}', { rest: { data: [] }, long: { data: [1] } }],
    [
      'a value with the name of a long array',
      '{"a":"data","b":[1],"c":{"data":5}}',
      { rest: { a: 'data', b: [1], c: { data: 5 } }, long: {} },
    ],
    ['letters of several bytes', '{"images":["ü→🏠"]}', { rest: { images: [] }, long: { images: ['ü→🏠'] } }],
    ['a number at the root', '5', { rest: 5, long: {} }],
  ])('splits %s, independent of the sizes of pieces', (_name, text, wanted) => {
    for (const sizes of pieces) expect(split(text, sizes)).toEqual(wanted);
  });

  it.each<[string, string, string]>([
    ['an array that does not end', '{"data":[1,2', 'it ends in the middle of an array'],
    ['a document that does not end', '{"data":[1,2]', "Expected ',' or '}' after property value"],
    ['a comma without a value', '{"data":[1,]}', '#/data: a value is missing after a comma'],
    ['a leading comma', '{"data":[,1]}', '#/data: a value is missing before a comma'],
    ['brackets without commas', '{"data":[[1][2]]}', '#/data: a comma is missing before a bracket'],
    ['a number after a bracket', '{"data":[[1]2]}', '#/data: a comma is missing after a bracket'],
    ['brackets in a number', '{"data":[1[]]}', '#/data: a comma is missing before a bracket'],
    ['numbers without commas', '{"data":[1 2]}', '#/data: '],
    ['an invalid number', '{"data":[01]}', '#/data: '],
    ['too many brackets', `{"data":${'['.repeat(40)}`, '#/data: its values are nested more than 32 deep'],
    ['too many brackets elsewhere', '['.repeat(40), 'its values are nested more than 32 deep'],
    ['a number that is too long', `{"data":[1,${'9'.repeat(65)}]}`, '#/data: a value takes more than 64 bytes'],
    ['an element that is too long', `{"images":["${'a'.repeat(63)}"]}`, '#/images: a value takes more than 64 bytes'],
    ['an invalid element', '{"images":[{"a":}]}', '#/images: '],
    ['a missing element', '{"images":[1,]}', '#/images: a value is missing after a comma'],
    ['a rest that is too long', `{"a":"${'a'.repeat(5_000)}"}`, 'it has more than 4096 bytes besides its long arrays'],
    ['an empty text', '', 'Unexpected end of JSON input'],
    ['two documents', '{"data":[1]}{}', 'Unexpected non-whitespace character'],
  ])('refuses %s', (_name, text, start) => {
    for (const sizes of pieces)
      expect(() => split(text, sizes)).toThrow(new RegExp(`^${start.replace(/[[\]'()#/.]/g, '\\$&')}`));
  });

  it('refuses bytes that are not UTF-8', () => {
    expect(() => split(Buffer.from('{"images":["\xff"]}', 'latin1'))).toThrow(JsonTextError);
    expect(() => split(Buffer.from('{"a":"\xff"}', 'latin1'))).toThrow(JsonTextError);
  });

  it('agrees with JSON.parse on 3,000 documents with up to two random changes', () => {
    const random = randomFrom(7);
    let accepted = 0;
    for (let round = 0; round < 3_000; round += 1) {
      const text = spoilt(JSON.stringify(document(random), null, random() < 0.2 ? 2 : 0), random);
      const sizes = [1 + Math.floor(random() * 9), 1 + Math.floor(random() * 40)];
      const wanted = attempt(() => JSON.parse(text) as Record<string, unknown>);
      const found = attempt(() => split(text, sizes));
      if (wanted === undefined || typeof wanted !== 'object' || wanted === null) {
        expect(found?.rest, text).toEqual(wanted);
        continue;
      }
      accepted += 1;
      // A name may occur twice. `JSON.parse` takes the last one, but the readers of requests refuse that.
      if (Object.keys(found?.long ?? {}).length !== (text.match(/"(data|images)"\s*:\s*\[/g) ?? []).length) continue;
      const flat = Array.isArray(wanted['data']) ? (wanted['data'] as unknown[]).flat(Infinity) : undefined;
      if (flat !== undefined) expect(found?.long['data'], text).toEqual(flat);
      if (Array.isArray(wanted['images'])) expect(found?.long['images'], text).toEqual(wanted['images']);
      expect(found, text).toBeDefined();
    }
    expect(accepted).toBeGreaterThan(1_000);
  });
});

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function document(random: Random): object {
  const numbers = (depth: number): unknown =>
    depth === 0 || random() < 0.3
      ? Math.round(random() * 1_000 - 500) / (random() < 0.5 ? 1 : 100)
      : Array.from({ length: 1 + Math.floor(random() * 4) }, () => numbers(depth - 1));
  const element = (): unknown =>
    random() < 0.5 ? { url: 'a,]"\\', n: [1, { b: null }] } : random() < 0.5 ? 'x' : true;
  const list = <T>(most: number, make: () => T) => Array.from({ length: Math.floor(random() * most) }, make);
  return { a: 'text', data: list(12, () => numbers(3)), images: list(6, element), z: [{ q: [] }] };
}

function spoilt(text: string, random: Random): string {
  let result = text;
  for (let times = Math.floor(random() * 3); times > 0; times -= 1) {
    const at = Math.floor(random() * result.length);
    const added = random() < 0.7 ? (',[]{}":0-1e \\x'[Math.floor(random() * 14)] ?? '') : '';
    result = `${result.slice(0, at)}${added}${result.slice(at + Math.floor(random() * 2))}`;
  }
  return result;
}
