import { describe, expect, it } from 'vitest';
import { packValue, unpackValue } from '../../../runtime/stages/value-codec.js';

const value = {
  name: 'é',
  score: 0.5,
  none: null,
  list: [1, 'a'],
  pixels: Uint8Array.of(1, 2, 3),
  scores: Float32Array.of(0.25, -1),
};

describe('a packed value', () => {
  it('unpacks to an equal value', () => {
    expect(unpackValue(packValue(value))).toEqual({ ...value, pixels: Buffer.from(value.pixels) });
  });

  it.each([1, 2, 3])('unpacks from any byte offset (%i)', (offset) => {
    const packed = packValue(value);
    const moved = Buffer.alloc(packed.length + offset);
    moved.set(packed, offset);
    expect(unpackValue(moved.subarray(offset))).toMatchObject({ scores: value.scores });
  });

  it.each([
    ['no bytes', new Uint8Array(0)],
    ['too few bytes', packValue(value).subarray(0, -1)],
    ['too many bytes', Buffer.concat([packValue(value), Buffer.from([0])])],
    ['an impossible count', Buffer.alloc(8, 255)],
  ])('is refused when it is %s', (_name, bytes) => {
    expect(() => unpackValue(bytes)).toThrow('The image task cannot be read');
  });
});
