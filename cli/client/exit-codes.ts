import type { Command } from 'commander';
import { FanlightError } from '../../schemas/failure.js';

/** 0: done; 1: done, and something failed; 2: the call itself was wrong; 130: stopped by the person who called. */
export const exitCodes = { done: 0, failed: 1, wrongUsage: 2, interrupted: 130 } as const;

/** The arguments cannot be used; nothing was begun. */
export class WrongUsage extends FanlightError {
  constructor(message: string, remedy: string) {
    super({ code: 'invalid-configuration', message, remedy });
  }
}

/** Makes what commander itself refuses (unknown option, missing argument) end with the code of a wrong call. */
export function withUsageExit(command: Command): Command {
  return command.exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? exitCodes.done : exitCodes.wrongUsage));
}

/** Runs a command's action to its exit code; what it throws goes on to `main.ts`, which prints it. */
export async function exitWith(run: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await run();
  } catch (error) {
    process.exitCode = error instanceof WrongUsage ? exitCodes.wrongUsage : exitCodes.failed;
    throw error;
  }
}
