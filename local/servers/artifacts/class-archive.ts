import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '../errors.js';
import { stepReporter, type OnProgress } from '../events.js';
import { exists } from './file-existence.js';
import { withFileLock } from './file-lock.js';
import { mapLimited } from './bounded-concurrency.js';
import type { Part, PartContext, PartName } from '../parts/part.js';
import { FREE_PORTS, resolvePorts } from '../port-numbers.js';
import { runPart } from '../part-process.js';

/** The JVM writes the archive while it exits, which takes longer than the trial run itself. */
const DUMP_TIMEOUT_MS = 120_000;
const PARALLEL_WARM_UPS = 2;

/**
 * Returns the path of an archive of the classes that a server loads (JEP 350), which halves the CPU time of its start.
 * The JVM ignores an archive that does not match its own build and the jars. The name contains a hash of the build, so
 * that an upgraded JVM gets a new archive.
 */
export function classArchive(artifacts: string, javaVersion: string): string {
  const build = createHash('sha256').update(javaVersion).digest('hex').slice(0, 12);
  return join(artifacts, `classes-${build}.jsa`);
}

type ContextOf = (part: Part) => Omit<PartContext, 'ports' | 'dataDir'>;

/**
 * Creates missing archives by a trial run of each part, on free ports and with temporary data.
 *
 * @returns the archive of every part that has one; a part whose trial run fails is reported as skipped and starts more
 *   slowly
 */
export async function ensureClassArchives(
  parts: readonly Part[],
  contextOf: ContextOf,
  javaVersion: string,
  onProgress: OnProgress,
): Promise<Map<PartName, string>> {
  const onJava = parts.filter((part) => part.heapMb > 0);
  const archives = new Map<PartName, string>();
  const missing: Part[] = [];
  for (const part of onJava) {
    const archive = classArchive(contextOf(part).artifacts, javaVersion);
    if (await exists(archive)) archives.set(part.name, archive);
    else missing.push(part);
  }
  const report = stepReporter({ step: 'warm-up', total: missing.length, onProgress });
  await mapLimited(missing, PARALLEL_WARM_UPS, (part) =>
    report(part, async (skip) => {
      const archive = classArchive(contextOf(part).artifacts, javaVersion);
      try {
        await withFileLock(`${archive}.lock`, () => dump(part, contextOf(part), archive));
        archives.set(part.name, archive);
      } catch (error) {
        skip(messageOf(error));
      }
    }),
  );
  return archives;
}

async function dump(part: Part, context: ReturnType<ContextOf>, archive: string): Promise<void> {
  if (await exists(archive)) return;
  const scratch = await mkdtemp(join(tmpdir(), `fanlight-warm-up-${part.name}-`));
  const partial = `${archive}.partial-${process.pid}`;
  try {
    const dataDir = join(scratch, 'data');
    await mkdir(dataDir);
    const running = await runPart(
      part,
      { ...context, dataDir, ports: await resolvePorts(FREE_PORTS) },
      {
        logFile: join(scratch, 'log'),
        jvmArgs: [`-XX:ArchiveClassesAtExit=${partial}`],
        stopTimeoutMs: DUMP_TIMEOUT_MS,
        readyTimeoutMs: DUMP_TIMEOUT_MS,
      },
    );
    await running.stop();
    await rename(partial, archive);
  } finally {
    await rm(scratch, { recursive: true, force: true });
    await rm(partial, { force: true });
  }
}
