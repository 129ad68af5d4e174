import kafkajs from 'kafkajs'; // CommonJS: Node does not see its codecs as a named export
import { decompressGzip } from './gzip.js';
import { decompressLz4 } from './lz4.js';
import type { Decompress } from './decompression.js';
import { decompressSnappy } from './snappy.js';
import { decompressZstd } from './zstd.js';

const { CompressionTypes, CompressionCodecs } = kafkajs;

/** Every compression that a producer can choose, by its number in a batch. */
export const codecs = {
  [CompressionTypes.GZIP]: decompressGzip,
  [CompressionTypes.Snappy]: decompressSnappy,
  [CompressionTypes.LZ4]: decompressLz4,
  [CompressionTypes.ZSTD]: decompressZstd,
} as const satisfies Partial<Record<kafkajs.CompressionTypes, Decompress>>;

/**
 * Upper bound of the records of a batch, decompressed (bytes). A topic allows 16 MiB compressed, and one MiB of zstd
 * can become four GiB.
 */
export const maxBatchBytes = 128 * 2 ** 20;

/**
 * Registers the codecs in kafkajs, which has gzip alone, and without a bound. Fanlight writes uncompressed batches,
 * because most of its bytes are photos. Call it once, before the first connection.
 */
export function registerCodecs(): void {
  for (const [type, decompress] of Object.entries(codecs))
    Object.assign(CompressionCodecs, {
      [type]: () => ({
        compress: () => Promise.reject(new Error('Fanlight writes uncompressed batches')),
        decompress: (bytes: Buffer) => decompress(bytes, maxBatchBytes),
      }),
    });
}
