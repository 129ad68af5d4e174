import { stat } from 'node:fs/promises';
import { systemErrorCode } from '../errors.js';

/** Whether the path exists. Any other failure than a missing path is thrown. */
export async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return false;
    throw error;
  }
}
