// An ES module cannot import its named exports: the package assigns them at run time.
import jpegTurbo from '@julusian/jpeg-turbo';
import type { ImageFile, Pixels } from '../values.js';
import type { DecodeOptions } from './decode-options.js';
import { tooManyPixels } from './failures.js';
import { countScans, readJpegHeader, type JpegHeader } from './jpeg-header.js';

/**
 * Maximum number of scans. Progressive encoders write about ten. libjpeg-turbo has no limit here, so a file with
 * thousands of scans would take hours; libvips has a limit.
 */
const mostScans = 32;

/**
 * Decodes the usual listing photo (8 bits, grey or colour, sRGB, upright) with libjpeg-turbo, in the thread pool. It
 * takes about a third of the CPU time of libvips. Returns undefined for other files, and when the decoder complains
 * (also about truncated files): the full decoder then decides. Throws `too-many-pixels`.
 */
export async function decodePlainJpeg(file: ImageFile, options: DecodeOptions): Promise<Pixels | undefined> {
  if (file.format !== 'jpeg') return undefined;
  const header = readJpegHeader(file.bytes);
  if (header === undefined || !isPlain(header)) return undefined;
  const { width, height } = header;
  if (width * height > options.maxPixels) throw tooManyPixels(width, height, options.maxPixels);
  if (header.isProgressive && countScans(file.bytes) > mostScans) return undefined;
  // For images of at least four times the needed size, libvips is faster: it decodes at half the size (DCT scaling).
  const spare = Math.min(Math.min(width, height) / options.minShortSide, Math.max(width, height) / options.minLongSide);
  if (spare >= 4) return undefined;
  const { bytes } = file;
  const decoded = await jpegTurbo
    .decompress(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), {
      format: jpegTurbo.FORMAT_RGB,
    })
    .catch(() => undefined);
  if (decoded === undefined || decoded.width !== width || decoded.height !== height) return undefined;
  return { data: decoded.data, width, height, facts: { sha256: file.sha256, format: file.format, width, height } };
}

function isPlain(header: JpegHeader): boolean {
  return (
    (header.components === 3 || header.components === 1) &&
    header.bitsPerSample === 8 &&
    header.orientation === 1 &&
    !header.hasForeignProfile &&
    header.width > 0 &&
    header.height > 0
  );
}
