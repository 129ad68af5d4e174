import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Launch } from './parts/part.js';

export type JavaTool = 'java' | 'javac' | 'jar';

/** The tool out of $JAVA_HOME where that is set, else out of the PATH. */
export function javaTool(tool: JavaTool, env: NodeJS.ProcessEnv = process.env): string {
  const home = env['JAVA_HOME'];
  return home === undefined || home === '' ? tool : join(home, 'bin', tool);
}

/** What `java -version` prints (to standard error), whole: it names the build, which a class archive depends on. */
export async function javaVersionText(): Promise<string> {
  const { stderr, stdout } = await promisify(execFile)(javaTool('java'), ['-version']);
  return `${stderr}${stdout}`;
}

/** One collector thread and the smallest footprint: several of these servers share a small machine. */
const smallFootprint = ['-XX:+UseSerialGC'];
/** Regions large enough for records of 1 MiB, which would otherwise be collected as humongous objects. */
const shortPauses = ['-XX:+UseG1GC', '-XX:MaxGCPauseMillis=10', '-XX:ConcGCThreads=1', '-XX:G1HeapRegionSize=4m'];

/** The command line that runs a Java part under Guard. `extra` goes before the part's own JVM arguments. */
export function javaArgs(
  launch: Extract<Launch, { kind: 'java' }>,
  heapMb: number,
  extra: readonly string[],
): string[] {
  return [
    ...extra,
    `-Xmx${heapMb}m`,
    ...(launch.pauses === 'short' ? shortPauses : smallFootprint),
    // Without the second compiler: over a run of minutes it takes more of the processor, in bursts of 100 ms, than its
    // code saves.
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
