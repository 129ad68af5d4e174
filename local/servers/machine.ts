import { execFile } from 'node:child_process';
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemErrorCode } from './errors.js';
import { isPortFree } from './port-numbers.js';

/** Facts about the machine that the preflight checks; tests pass a fake. */
export interface Machine {
  /** Returns the output of the command; undefined if it is not installed or fails. */
  output(command: string, args: readonly string[]): Promise<string | undefined>;
  availableMemoryBytes(): number;
  /** Free space of the file system that holds the path; the path need not exist yet. */
  freeDiskBytes(path: string): Promise<number>;
  isPortFree(port: number): Promise<boolean>;
}

export const thisMachine: Machine = {
  output: (command, args) =>
    new Promise((resolve) => {
      execFile(command, [...args], { timeout: 20_000 }, (error, stdout, stderr) => {
        // A program that exists but fails counts as missing, such as a stub that asks to install Java.
        resolve(error === null ? `${stdout}${stderr}` : undefined);
      });
    }),
  availableMemoryBytes: () => process.availableMemory(),
  freeDiskBytes: freeDiskBytesAt,
  isPortFree,
};

async function freeDiskBytesAt(path: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  } catch (error) {
    const parent = dirname(path);
    if (systemErrorCode(error) !== 'ENOENT' || parent === path) throw error;
    return freeDiskBytesAt(parent);
  }
}
