import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import kafkajs from 'kafkajs'; // CommonJS: Node does not see its codecs as a named export
import { compressFrameSync } from 'lz4-napi';
import { compressSync } from 'snappy';
import { describe, expect, it } from 'vitest';
import { registerCodecs } from '../../../../runtime/kafka/compression/codecs.js';
import { decompressGzip } from '../../../../runtime/kafka/compression/gzip.js';
import { decompressLz4 } from '../../../../runtime/kafka/compression/lz4.js';
import { decompressSnappy } from '../../../../runtime/kafka/compression/snappy.js';
import { decompressZstd } from '../../../../runtime/kafka/compression/zstd.js';
import { storedZstd } from './stored-zstd.js';

const { CompressionCodecs, CompressionTypes } = kafkajs;

/**
 * The records of one batch (24 records, 88 kB) by the Java client, kafka-clients 4.1.0: size and SHA-256 without
 * compression, and the compressed bytes in Base64, by snappy-java 1.1.10.7, lz4-java 1.8.0 and zstd-jni 1.5.6.
 */
const java = JSON.parse(readFileSync(new URL('java-batch.json', import.meta.url), 'utf8')) as {
  readonly bytes: number;
  readonly sha256: string;
} & Readonly<Record<'gzip' | 'snappy' | 'lz4' | 'zstd', string>>;

const zeros = Buffer.alloc(1_000_000);
/** A frame of 15 bytes: a window of 2 MiB, and two blocks (type 1) that repeat a zero a million times. */
const zstdBomb = Buffer.from('28b52ffd0058' + '02127a00' + '03127a00', 'hex');

const codecs = [
  { name: 'gzip', type: CompressionTypes.GZIP, decompress: decompressGzip, small: gzipSync(zeros) },
  { name: 'snappy', type: CompressionTypes.Snappy, decompress: decompressSnappy, small: compressSync(zeros) },
  { name: 'lz4', type: CompressionTypes.LZ4, decompress: decompressLz4, small: compressFrameSync(zeros) },
  { name: 'zstd', type: CompressionTypes.ZSTD, decompress: decompressZstd, small: zstdBomb },
] as const;

describe.each(codecs)('the codec for $name', ({ name, type, decompress, small }) => {
  const batch = Buffer.from(java[name], 'base64');

  it('reads a batch of the Java client', async () => {
    const bytes = await decompress(batch, 2 * java.bytes);
    expect([bytes.length, createHash('sha256').update(bytes).digest('hex')]).toEqual([java.bytes, java.sha256]);
  });

  it('is the codec that kafkajs uses', async () => {
    registerCodecs();
    const codec = CompressionCodecs[type]() as { decompress(bytes: Buffer): Promise<Buffer> };
    expect(await codec.decompress(batch)).toHaveLength(java.bytes);
  });

  it('refuses a batch that becomes too large', async () => {
    expect(small.length).toBeLessThan(50_000);
    await expect(decompress(small, zeros.length - 1)).rejects.toMatchObject({ code: 'too-large', kind: 'permanent' });
  });

  it.each([
    { what: 'cut', bytes: batch.subarray(0, -5) },
    { what: 'without its first byte', bytes: batch.subarray(1) },
    { what: 'empty', bytes: Buffer.alloc(0) },
  ])('rejects a batch that is $what', async ({ bytes }) => {
    await expect(decompress(bytes, 2 ** 27)).rejects.toThrow();
  });
});

describe('the codec for snappy', () => {
  it('reads one raw block, as librdkafka writes it', async () => {
    expect(zeros.equals(await decompressSnappy(Buffer.from(compressSync(zeros)), zeros.length))).toBe(true);
  });
});

describe('the codec for zstd', () => {
  it('reads a frame that declares its size', async () => {
    const text = Buffer.from('a photo');
    expect(await decompressZstd(storedZstd(text), 100)).toEqual(text);
  });

  it('refuses a frame with a huge window before it allocates it', async () => {
    // Window descriptor 0xa8: 2 GiB.
    const frame = Buffer.from('28b52ffd00a8010000', 'hex');
    await expect(decompressZstd(frame, 2 ** 27)).rejects.toMatchObject({ code: 'too-large' });
  });

  it('refuses a frame whose many blocks would each move a large window', async () => {
    // Window descriptor 0x88: 128 MiB; 40 empty blocks.
    const frame = Buffer.from(`28b52ffd0088${'000000'.repeat(39)}010000`, 'hex');
    await expect(decompressZstd(frame, 2 ** 27)).rejects.toMatchObject({ code: 'too-large' });
  });

  it('rejects a second frame, which its bounds do not cover', async () => {
    const frame = storedZstd(Buffer.from('a photo'));
    await expect(decompressZstd(Buffer.concat([frame, frame]), 2 ** 27)).rejects.toThrow(/one whole zstd frame/);
  });
});
