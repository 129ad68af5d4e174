import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { pathSegment } from '../../adapters/stores/path-segment.js';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

describe('pathSegment', () => {
  test.each([
    { name: 'a plain id', text: 'image-12_3.v2~x', segment: 'image-12_3.v2~x' },
    { name: 'the empty text', text: '', segment: '!' },
    { name: 'this folder', text: '.', segment: '!2E' },
    { name: 'the folder above', text: '..', segment: '!2E!2E' },
    { name: 'three dots, which are no special name', text: '...', segment: '...' },
    { name: 'slashes', text: 'a/b/../c', segment: 'a!2Fb!2F..!2Fc' },
    { name: 'the escape itself', text: 'a!2Fb', segment: 'a!212Fb' },
    { name: 'space, quotes, percent', text: `a "b" 'c' %`, segment: 'a!20!22b!22!20!27c!27!20!25' },
    { name: 'a character of two bytes', text: 'ü', segment: '!C3!BC' },
    { name: 'a character of four bytes', text: '🏠', segment: '!F0!9F!8F!A0' },
    { name: 'a control character', text: 'a\u0000', segment: 'a!00' },
    { name: 'a segment of 200 bytes', text: 'x'.repeat(200), segment: 'x'.repeat(200) },
    {
      name: 'a segment of 201 bytes, which is cut',
      text: 'x'.repeat(201),
      segment: `${'x'.repeat(120)}!!${sha256('x'.repeat(201))}`,
    },
  ])('encodes $name', ({ text, segment }) => {
    expect(pathSegment(text)).toBe(segment);
  });
});
