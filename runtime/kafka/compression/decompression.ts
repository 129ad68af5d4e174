import { FanlightError } from '../../../schemas/failure.js';

/**
 * Decompresses the records of a batch. Rejects when the bytes are damaged, and with `too-large` before the output has
 * more than `most` bytes.
 */
export type Decompress = (bytes: Buffer, most: number) => Promise<Buffer>;

export function tooLargeBatch(most: number): FanlightError {
  return new FanlightError({
    code: 'too-large',
    message: `A compressed batch has more than ${most} bytes of records.`,
    remedy: 'Set a smaller batch size in the producer (batch.size, max.request.size).',
  });
}
