import { describe, expect, it } from 'vitest';
import { identifyFormat } from '../../processors/decoding/format-identification.js';
import { codeAndMessage, failureOf, quarters } from './support.js';

const image = () => quarters(16, 16);
const text = (content: string) => Buffer.from(content);
/** ISO base media file: size, `ftyp`, major brand, minor version, one compatible brand. */
const ftyp = (brand: string) =>
  Buffer.concat([Buffer.from([0, 0, 0, 20]), text(`ftyp${brand}\0\0\0\0${brand}`), Buffer.alloc(64)]);

describe('identifyFormat accepts', () => {
  it.each(['jpeg', 'png', 'webp', 'gif', 'tiff', 'avif'] as const)('%s', async (format) => {
    expect(await identifyFormat(await image().toFormat(format).toBuffer())).toBe(format);
  });
});

describe('identifyFormat rejects', () => {
  it.each<[string, Uint8Array, string, string]>([
    ['an empty file', text(''), 'empty-file', 'The image file is empty.'],
    ['HTML', text('<!DOCTYPE html><html><body>Not found</body></html>'), 'not-an-image', 'an HTML page'],
    [
      'HTML after a byte order mark and blank lines',
      text('\uFEFF\n\n  <html lang="en">'),
      'not-an-image',
      'an HTML page',
    ],
    ['SVG', text('<svg xmlns="http://www.w3.org/2000/svg"/>'), 'unsupported-format', 'an SVG drawing'],
    [
      'SVG with a prologue',
      text('<?xml version="1.0"?>\n<svg viewBox="0 0 1 1"/>'),
      'unsupported-format',
      'an SVG drawing',
    ],
    ['XML', text('<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>'), 'not-an-image', 'an XML document'],
    ['JSON', text('{"error":"expired"}'), 'not-an-image', 'a JSON document'],
    ['text', text('Access denied'), 'not-an-image', 'plain text'],
    ['PDF', text('%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj'), 'not-an-image', 'a PDF document'],
    ['HEIC', ftyp('heic'), 'unsupported-format', 'a HEIC image'],
    ['MP4', ftyp('isom'), 'not-an-image', 'a video (mp4)'],
    ['BMP', Buffer.concat([text('BM'), Buffer.alloc(64)]), 'unsupported-format', 'a BMP image'],
    ['ZIP', Buffer.concat([Buffer.from([0x50, 0x4b, 3, 4]), Buffer.alloc(60)]), 'not-an-image', 'a ZIP archive'],
    ['noise', Buffer.from([0, 1, 2, 3, 0xfe, 0xfd, 9, 9, 9, 9, 9, 9]), 'not-an-image', 'unknown binary data'],
    ['one byte of a JPEG', Buffer.from([0xff]), 'not-an-image', 'unknown binary data'],
  ])('%s', async (_name, bytes, code, looks) => {
    const failure = codeAndMessage(await failureOf(identifyFormat(bytes)));
    expect(failure).toEqual({ code, message: expect.stringContaining(looks) });
  });
});
