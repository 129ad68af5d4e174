import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createApiKey, formatApiKey, hashSecret, parseApiKey } from '../../../http/clients/api-key.js';

const counting = (size: number) => Buffer.from(Array.from({ length: size }, (_, index) => index));
const text = 'fl_000102030405_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh89e6a295e';

describe('an API key', () => {
  it('has a public id, a secret of 256 bits and a checksum', () => {
    expect(formatApiKey(createApiKey(counting))).toBe(text);
  });

  it('can be parsed after formatting', () => {
    const key = createApiKey(randomBytes);
    expect(parseApiKey(formatApiKey(key))).toEqual(key);
  });

  it.each([
    ['an empty text', ''],
    ['a key of another system', `sk_${text.slice(3)}`],
    ['a truncated key', text.slice(0, -1)],
    ['a key with an extra character', `${text}0`],
    ['a key with a typing error', text.replace('AAEC', 'AAEc')],
    ['a key with a line break', `${text}\n`],
    ['half a megabyte of text', 'f'.repeat(500_000)],
  ])('cannot be parsed from %s', (_, other) => {
    expect(parseApiKey(other)).toBeUndefined();
  });

  it('is stored as the SHA-256 of its secret', () => {
    expect(hashSecret('abc').toString('hex')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });
});
