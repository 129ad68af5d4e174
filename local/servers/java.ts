import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Launch } from './parts/part.js';

export type JavaTool = 'java' | 'javac' | 'jar';

/** Returns the tool of $JAVA_HOME if that is set, else of the PATH. */
export function javaTool(tool: JavaTool, env: NodeJS.ProcessEnv = process.env): string {
  const home = env['JAVA_HOME'];
  return home === undefined || home === '' ? tool : join(home, 'bin', tool);
}

/** Returns the whole output of `java -version`. It names the build, on which a class archive depends. */
export async function javaVersionText(): Promise<string> {
  const { stderr, stdout } = await promisify(execFile)(javaTool('java'), ['-version']);
  return `${stderr}${stdout}`;
}

/** One collector thread and the smallest footprint: several of these servers share a small machine. */
const smallFootprint = ['-XX:+UseSerialGC'];
/** Regions of 4 MiB, because smaller ones make the collector treat records of 1 MiB as humongous objects. */
const shortPauses = ['-XX:+UseG1GC', '-XX:MaxGCPauseMillis=10', '-XX:ConcGCThreads=1', '-XX:G1HeapRegionSize=4m'];

/** Returns the command line that runs a Java part under Guard. `extra` comes before the part's own JVM arguments. */
export function javaArgs(
  launch: Extract<Launch, { kind: 'java' }>,
  heapMb: number,
  extra: readonly string[],
): string[] {
  return [
    ...extra,
    `-Xmx${heapMb}m`,
    ...(launch.pauses === 'short' ? shortPauses : smallFootprint),
    // Disables the second compiler: in a run of minutes it takes more CPU time, in bursts of 100 ms, than its code
    // saves.
    '-XX:TieredStopAtLevel=1',
    '-XX:+ExitOnOutOfMemoryError',
    '-Djava.awt.headless=true',
    ...launch.jvmArgs,
    '-cp',
    launch.classpath.join(':'),
    'Guard',
    launch.mainClass,
    ...launch.args,
  ];
}
