import { fileTypeFromBuffer } from 'file-type';
import type { ImageFormat } from '../values.js';
import { emptyFile, notAnImage, unsupportedFormat } from './failures.js';

/**
 * Identifies the format by content, because names and content types can be wrong. Throws `empty-file`, `not-an-image`
 * or `unsupported-format` with a sentence that says what the bytes look like.
 */
export async function identifyFormat(bytes: Uint8Array): Promise<ImageFormat> {
  if (bytes.length === 0) throw emptyFile();
  const known = commonFormat(bytes);
  if (known !== undefined) return known;
  const markup = lookLikeText(bytes);
  if (markup?.isImage === true) throw unsupportedFormat(markup.looks);
  if (markup !== undefined) throw notAnImage(markup.looks);
  const found = await fileTypeFromBuffer(bytes.subarray(0, telltaleBytes));
  if (found === undefined) throw notAnImage('unknown binary data');
  const format = accepted[found.mime];
  if (format !== undefined) return format;
  const looks = describe(found.mime, found.ext);
  throw found.mime.startsWith('image/') ? unsupportedFormat(looks) : notAnImage(looks);
}

/**
 * Number of bytes that the detector reads, enough to identify a format. An attacker may craft the rest of the file to
 * keep a detector busy: it would decompress data and walk from part to part.
 */
const telltaleBytes = 4_100;

const accepted: Readonly<Partial<Record<string, ImageFormat>>> = {
  'image/jpeg': 'jpeg',
  'image/png': 'png',
  'image/apng': 'png',
  'image/webp': 'webp',
  'image/gif': 'gif',
  'image/tiff': 'tiff',
  'image/avif': 'avif',
};

/** Detects the formats that listings usually contain, without the cost of a general detector. */
function commonFormat(bytes: Uint8Array): ImageFormat | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) return 'jpeg';
  if (startsWith(bytes, 0, '\x89PNG\r\n\x1a\n')) return 'png';
  if (startsWith(bytes, 0, 'RIFF') && startsWith(bytes, 8, 'WEBP')) return 'webp';
  if (startsWith(bytes, 0, 'GIF87a') || startsWith(bytes, 0, 'GIF89a')) return 'gif';
  return undefined;
}

function startsWith(bytes: Uint8Array, offset: number, latin1: string): boolean {
  if (bytes.length < offset + latin1.length) return false;
  for (let i = 0; i < latin1.length; i++) if (bytes[offset + i] !== latin1.charCodeAt(i)) return false;
  return true;
}

interface TextLooks {
  readonly looks: string;
  readonly isImage: boolean;
}

function lookLikeText(bytes: Uint8Array): TextLooks | undefined {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 1024)).toString('utf8');
  // Control characters (other than white space) indicate binary data. U+FFFD marks bytes that are not UTF-8.
  if (/[\0-\x08\x0e-\x1f]/.test(head)) return undefined;
  const text = head.replace(/^\uFEFF/, '').trimStart();
  if (/<svg[\s>]/i.test(text)) return { looks: 'an SVG drawing', isImage: true };
  if (/^<(!doctype html|html|head|body|script|!--|meta|title)/i.test(text))
    return { looks: 'an HTML page', isImage: false };
  if (text.startsWith('<?xml')) return { looks: 'an XML document', isImage: false };
  if (/^[{[]\s*["{[\]}\d]/.test(text)) return { looks: 'a JSON document', isImage: false };
  if (text.startsWith('%PDF') || text.includes('\uFFFD')) return undefined;
  return { looks: 'plain text', isImage: false };
}

const names: Readonly<Partial<Record<string, string>>> = {
  'image/heic': 'a HEIC image',
  'image/heif': 'a HEIF image',
  'image/heic-sequence': 'a HEIC image',
  'image/heif-sequence': 'a HEIF image',
  'image/bmp': 'a BMP image',
  'image/jxl': 'a JPEG XL image',
  'application/pdf': 'a PDF document',
  'application/zip': 'a ZIP archive',
  'application/gzip': 'a gzip archive',
  'application/xml': 'an XML document',
};

function describe(mime: string, extension: string): string {
  const kind = mime.split('/')[0];
  return (
    names[mime] ??
    (kind === 'video' ? `a video (${extension})` : undefined) ??
    (kind === 'audio' ? `an audio file (${extension})` : undefined) ??
    (kind === 'image' ? `an image of type ${extension}` : `a file of type ${extension}`)
  );
}
