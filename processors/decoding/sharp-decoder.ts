import sharp, { type Metadata, type Sharp } from 'sharp';
import { FanlightError } from '../../schemas/failure.js';
import type { ImageFile, Pixels } from '../values.js';
import type { DecodeOptions } from './decode-options.js';
import { corruptImage, decodeTimeout, tooManyPixels } from './failures.js';

/**
 * Decodes any accepted format to upright sRGB. It applies the orientation, converts colour profiles and CMYK, flattens
 * alpha on white, and takes the first frame or page. It rejects truncated files, but tolerates the errors that viewers
 * tolerate (such as stray bytes between markers). Throws `too-many-pixels`, `corrupt-image` and `decode-timeout`.
 */
export async function decodeWithSharp(file: ImageFile, options: DecodeOptions): Promise<Pixels> {
  const { width, height } = await readUprightSize(file, options);
  const pipeline = open(file, options)
    .autoOrient()
    .flatten({ background: '#ffffff' })
    .toColourspace('srgb')
    .timeout({ seconds: options.timeoutSeconds });
  const target = scaledSize(width, height, options);
  if (target !== undefined) pipeline.resize(target.width, target.height, { fit: 'fill' });
  try {
    const { data, info } = await pipeline.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
    const facts = { sha256: file.sha256, format: file.format, width, height };
    return { data: asRgb(data, info.channels), width: info.width, height: info.height, facts };
  } catch (error) {
    throw asDecodeFailure(error, options);
  }
}

function open(file: ImageFile, options: DecodeOptions): Sharp {
  return sharp(file.bytes, { failOn: 'truncated', limitInputPixels: options.maxPixels, sequentialRead: true });
}

/** Reads the size from the header only, so that a decompression bomb is rejected before its pixels take memory. */
async function readUprightSize(file: ImageFile, options: DecodeOptions): Promise<{ width: number; height: number }> {
  let header: Metadata;
  try {
    header = await sharp(file.bytes, { failOn: 'truncated', limitInputPixels: false }).metadata();
  } catch (error) {
    throw asDecodeFailure(error, options);
  }
  const { width, height } = header.autoOrient;
  if (width * height > options.maxPixels) throw tooManyPixels(width, height, options.maxPixels);
  return { width, height };
}

/**
 * Returns a target size of at most half the original, or undefined. At such scales JPEGs decode at a fraction of the
 * cost (DCT scaling, which libvips chooses by itself). A scale closer to 1 would only add blur before the next resize.
 */
function scaledSize(
  width: number,
  height: number,
  { minShortSide, minLongSide }: DecodeOptions,
): { width: number; height: number } | undefined {
  const scale = Math.max(minShortSide / Math.min(width, height), minLongSide / Math.max(width, height));
  if (scale > 0.5) return undefined;
  return { width: Math.ceil(width * scale), height: Math.ceil(height * scale) };
}

function asRgb(data: Buffer, channels: number): Uint8Array {
  if (channels === 3) return data;
  const pixels = data.length / channels;
  const rgb = new Uint8Array(pixels * 3);
  for (let i = 0; i < pixels; i++) rgb.fill(data[i * channels] ?? 0, i * 3, i * 3 + 3);
  return rgb;
}

function asDecodeFailure(error: unknown, options: DecodeOptions): unknown {
  if (!(error instanceof Error) || error instanceof FanlightError) return error;
  if (error.message.includes('timeout')) return decodeTimeout(options.timeoutSeconds);
  return corruptImage(firstLine(error.message), error);
}

function firstLine(message: string): string {
  return (message.split('\n')[0] ?? message).replace(/[.\s]+$/, '');
}
