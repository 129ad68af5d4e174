import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { tooLargeBatch, type Decompress } from './decompression.js';

const unzip = promisify(gunzip);

export const decompressGzip: Decompress = async function decompressGzip(bytes, most) {
  try {
    return await unzip(bytes, { maxOutputLength: most });
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? tooLargeBatch(most) : error;
  }
};
