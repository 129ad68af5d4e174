import { open } from 'node:fs/promises';
import { systemErrorCode } from './errors.js';

/** Enough for the stack trace of a failing server, and little enough to read at once. */
const TAIL_BYTES = 16 * 1024;

/** Reads a log file from `offset` (bytes) on; returns an empty text if the file does not exist yet. */
export async function readLogFrom(file: string, offset: number): Promise<string> {
  try {
    const handle = await open(file, 'r');
    try {
      const { size } = await handle.stat();
      const length = Math.max(0, size - offset);
      const buffer = Buffer.alloc(length);
      const { bytesRead } = await handle.read(buffer, 0, length, offset);
      return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return '';
    throw error;
  }
}

/** Returns the last non-empty lines of a log file after offset `since` (bytes), oldest first. */
export async function tailOfLog(file: string, lines: number, since = 0): Promise<string[]> {
  const { size } = await statOrEmpty(file);
  const text = await readLogFrom(file, Math.max(since, size - TAIL_BYTES));
  return text
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '')
    .slice(-lines);
}

async function statOrEmpty(file: string): Promise<{ size: number }> {
  try {
    const handle = await open(file, 'r');
    try {
      return await handle.stat();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return { size: 0 };
    throw error;
  }
}

/**
 * Returns the lines that say why a server failed: the last lines that name a failure, else the last lines of all. Java
 * prints the stack after the reason, so that the very last lines alone often say nothing.
 */
export function tellingLines(lines: readonly string[], most: number): string[] {
  const readable = lines.filter((line) => !/^\s*(at |\.\.\. \d+ more)/.test(line));
  const named = readable.filter((line) => /error|exception|fatal|failed|invalid|refused|in use/i.test(line));
  return (named.length > 0 ? named : readable).slice(-most);
}
