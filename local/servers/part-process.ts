import { giveWay } from '../../processes/scheduling-priority.js';
import { javaArgs, javaTool } from './java.js';
import { platformResource } from './resources.js';
import type { Part, PartContext } from './parts/part.js';
import { startProcess, type RunningProcess } from './process.js';

interface RunOptions {
  readonly logFile: string;
  readonly signal?: AbortSignal;
  /** JVM flags of this run, before the part's own. */
  readonly jvmArgs: readonly string[];
  readonly stopTimeoutMs: number;
  readonly readyTimeoutMs: number;
}

/** Starts one part under its guard and waits until it answers. */
export async function runPart(part: Part, context: PartContext, options: RunOptions): Promise<RunningProcess> {
  const launch = await part.prepare(context);
  const [command, args] =
    launch.kind === 'java'
      ? [javaTool('java'), javaArgs(launch, context.heapMb, options.jvmArgs)]
      : ['sh', [platformResource('guard.sh'), launch.program, ...launch.args]];
  const running = await startProcess({
    name: part.title,
    command,
    args,
    cwd: context.dataDir,
    logFile: options.logFile,
    ready: { probe: () => part.probe(context), timeoutMs: options.readyTimeoutMs },
    stopTimeoutMs: options.stopTimeoutMs,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  try {
    await part.settle?.(context);
    if (part.niceness !== undefined) await giveWay(part.niceness, running.pid);
  } catch (error) {
    await running.stop();
    throw error;
  }
  return running;
}
