import { createHash } from 'node:crypto';

/** Longest encoded segment (bytes). File systems behind S3 gateways allow 255, and `.json` has to fit. */
const maxSegmentBytes = 200;
const keptBytes = 120;

/**
 * Encodes any text as one segment of an object key. Two texts never share a segment.
 *
 * Letters, digits, `-`, `_`, `~` and `.` stay, except in the segments `.` and `..`. Every other UTF-8 byte becomes `!`
 * and two upper-case hex digits. The empty text is `!`. The escape is `!` and not `%`, because S3 lists it as safe and
 * URL encoders leave it alone: a key reads the same in a listing and in a URL. A segment of more than 200 bytes is cut
 * to 120, and ends in `!!` and the SHA-256 (hex) of the whole text. The escape never produces `!!`.
 */
export function pathSegment(text: string): string {
  if (text === '') return '!';
  const encoded = text === '.' || text === '..' ? text.replaceAll('.', '!2E') : escapeBytes(text);
  if (encoded.length <= maxSegmentBytes) return encoded;
  return `${encoded.slice(0, keptBytes)}!!${createHash('sha256').update(text).digest('hex')}`;
}

function escapeBytes(text: string): string {
  return text.replace(/[^A-Za-z0-9._~-]+/g, (run) => {
    let escaped = '';
    for (const byte of Buffer.from(run)) escaped += `!${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    return escaped;
  });
}
