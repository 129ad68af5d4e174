import sharp, { type Metadata, type Sharp } from 'sharp';
import { FanlightError } from '../../schemas/failure.js';
import type { ImageFile, Pixels } from '../values.js';
import type { DecodeOptions } from './decode-options.js';
import { corruptImage, decodeTimeout, tooManyPixels } from './failures.js';

/**
 * Any accepted format to upright sRGB: orientation applied, colour profiles and CMYK converted, alpha on white, first
 * frame or page. Refuses truncated files, but forgives what viewers forgive too (such as stray bytes between markers).
 * Throws `too-many-pixels`, `corrupt-image` and `decode-timeout`.
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

/** From the header alone: a bomb must be refused before its pixels take memory. */
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
 * Half or less of the original, or undefined. JPEGs are then decoded at a fraction of the cost (DCT scaling, which
 * libvips chooses by itself); a scale nearer to 1 would only blur what is resized once more later.
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
