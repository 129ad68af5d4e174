import type { Command } from 'commander';
import { FanlightError } from '../../schemas/failure.js';

/** 0: success; 1: finished with failures; 2: invalid arguments; 130: stopped by the user. */
export const exitCodes = { done: 0, failed: 1, wrongUsage: 2, interrupted: 130 } as const;

/** Invalid arguments; the command has not started any work. */
export class WrongUsage extends FanlightError {
  constructor(message: string, remedy: string) {
    super({ code: 'invalid-configuration', message, remedy });
  }
}

/** Sets exit code 2 for errors that commander itself finds (unknown option, missing argument). */
export function withUsageExit(command: Command): Command {
  return command.exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? exitCodes.done : exitCodes.wrongUsage));
}

/** Runs a command's action and sets the exit code; `main.ts` prints the error that the action throws. */
export async function exitWith(run: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await run();
  } catch (error) {
    process.exitCode = error instanceof WrongUsage ? exitCodes.wrongUsage : exitCodes.failed;
    throw error;
  }
}
