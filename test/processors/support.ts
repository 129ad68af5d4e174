import { createHash } from 'node:crypto';
import { deflateSync, crc32 as zlibCrc32 } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';
import { identifyFormat } from '../../processors/decoding/format-identification.js';
import type { Operation, OperationContext } from '../../processors/operation.js';
import type { Ports } from '../../processors/ports.js';
import type { ImageFile } from '../../processors/values.js';
import { FanlightError, type FailureCode } from '../../schemas/failure.js';

export interface TestContext extends OperationContext {
  /** All work passed to `waitUntil`. */
  readonly waitedFor: Promise<unknown>[];
}

export function createContext(): TestContext {
  const waitedFor: Promise<unknown>[] = [];
  return {
    lane: 'bulk',
    deadline: undefined,
    signal: new AbortController().signal,
    waitedFor,
    imageId: 'photo-1',
    client: undefined,
    served: () => undefined,
    waitUntil: (work) => void waitedFor.push(work()),
  };
}

/** Runs an operation once. The caller must provide the ports that the operation uses. */
export async function runOnce<In extends object, Out>(
  operation: Operation<In, Out>,
  input: In,
  { ports = {}, context = createContext() }: { ports?: Partial<Ports>; context?: OperationContext } = {},
): Promise<Out> {
  const run = await operation.open(ports as Ports);
  return run(input, context);
}

export async function imageFile(bytes: Uint8Array): Promise<ImageFile> {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { bytes, sha256, format: await identifyFormat(bytes) };
}

/** Returns the failure of `work`, which must be a `FanlightError`. */
export async function failureOf(work: Promise<unknown> | (() => Promise<unknown>)): Promise<FanlightError> {
  try {
    await (typeof work === 'function' ? work() : work);
  } catch (error) {
    if (error instanceof FanlightError) return error;
    throw error;
  }
  throw new Error('The work was expected to fail, but succeeded.');
}

export interface Failure {
  readonly code: FailureCode;
  readonly message: string;
}

export function codeAndMessage({ code, message }: FanlightError): Failure {
  return { code, message };
}

export const red = [220, 30, 40] as const;
export const green = [20, 180, 60] as const;
export const blue = [30, 60, 200] as const;
export const yellow = [240, 220, 50] as const;

/** An image of four quarters: red and green above blue and yellow. */
export function quarters(width: number, height: number): Sharp {
  const data = Buffer.alloc(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const isLeft = x < width / 2;
      const colour = y < height / 2 ? (isLeft ? red : green) : isLeft ? blue : yellow;
      data.set(colour, (y * width + x) * 3);
    }
  }
  return sharp(data, { raw: { width, height, channels: 3 } });
}

/** An image with smooth and detailed areas, so that a wrong geometry causes a large difference. */
export function scenery(width: number, height: number): Sharp {
  const data = Buffer.alloc(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * 3;
      data[at] = (x * 255) / width;
      data[at + 1] = 128 + 100 * Math.sin(x / 9) * Math.cos(y / 7);
      data[at + 2] = (Math.hypot(x - width / 3, y - height / 2) * 3) % 256;
    }
  }
  return sharp(data, { raw: { width, height, channels: 3 } });
}

/** A black PNG with one bit per pixel: 30,000 × 30,000 pixels take about half a megabyte. */
export function blackPng(width: number, height: number): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 1;
  const rows = Buffer.alloc(height * (1 + Math.ceil(width / 8)));
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
  const data = deflateSync(rows, { level: 1 });
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', data), chunk('IEND', Buffer.alloc(0))]);
}

function chunk(type: string, data: Buffer): Buffer {
  const typed = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(zlibCrc32(typed));
  return Buffer.concat([length, typed, check]);
}

export function meanDifference(a: Uint8Array, b: Uint8Array): number {
  if (a.length !== b.length) throw new Error(`${a.length} bytes against ${b.length}`);
  return a.reduce((sum, value, i) => sum + Math.abs(value - (b[i] ?? 0)), 0) / a.length;
}
