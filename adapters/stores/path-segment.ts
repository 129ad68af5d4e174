import { createHash } from 'node:crypto';

/** Longest encoded segment, in bytes: file systems behind S3 gateways stop at 255, and `.json` has to fit. */
const maxSegmentBytes = 200;
const keptBytes = 120;

/**
 * Any text as one segment of an object key, injectively: two texts never share a segment.
 *
 * Letters, digits, `-`, `_`, `~` and `.` stay (except in the segments `.` and `..`); every other UTF-8 byte becomes `!`
 * and two upper-case hex digits. `!` is the escape, not `%`, because S3 lists it as safe and no URL encoder touches it,
 * so that a key reads the same in a listing and in a URL. The empty text is `!`. A segment longer than 200 bytes is cut
 * to 120 and ends in `!!` and the SHA-256 (hex) of the whole text; `!!` cannot come from the escape.
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
