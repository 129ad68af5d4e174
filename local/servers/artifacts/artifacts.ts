import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { messageOf, PlatformError, systemErrorCode } from '../errors.js';
import { stepReporter, type OnProgress } from '../events.js';
import { exists } from './file-existence.js';
import { withFileLock } from './file-lock.js';
import { javaTool } from '../java.js';
import { mapLimited } from './bounded-concurrency.js';
import { runMaven, type MavenResult } from './maven.js';
import { platformResource } from '../resources.js';
import type { Part, PartName } from '../parts/part.js';

/** Maven runs at the same time; one run already keeps a core busy. */
const PARALLEL_FETCHES = 2;

export type Fetch = (pom: string, goal: Part['fetch'], outputDirectory: string) => Promise<MavenResult>;

/** Returns $FANLIGHT_CACHE_DIR, else `fanlight` in the user's cache folder. */
export function cacheDir(env: NodeJS.ProcessEnv = process.env): string {
  const own = env['FANLIGHT_CACHE_DIR'];
  if (own !== undefined && own !== '') return own;
  const shared = env['XDG_CACHE_HOME'];
  return join(shared !== undefined && shared !== '' ? shared : join(homedir(), '.cache'), 'fanlight');
}

/** Returns `<part>-<hash of the pom and the Java sources>`, so that versions never share a folder. */
export async function artifactKey(part: Part): Promise<string> {
  const hash = createHash('sha256').update(part.fetch);
  hash.update(await readFile(pomOf(part)));
  for (const source of part.sources) hash.update(await readFile(platformResource('java', source)));
  return `${part.artifact ?? part.name}-${hash.digest('hex').slice(0, 12)}`;
}

/** Returns the parts whose artifacts are not in the cache yet; of parts that share an artifact, the first. */
export async function missingArtifacts(parts: readonly Part[], cache = cacheDir()): Promise<Part[]> {
  const folders = await Promise.all(parts.map(async (part) => join(cache, await artifactKey(part))));
  const present = await Promise.all(folders.map(exists));
  return parts.filter((_, index) => present[index] !== true && folders.indexOf(folders[index] ?? '') === index);
}

/**
 * Fetches missing artifacts and returns each part's folder in the cache: `lib/` and, for Java parts, `launcher.jar`.
 *
 * @throws PlatformError `artifact-fetch-failed` (retryable) or `artifact-build-failed`
 */
export async function ensureArtifacts(
  parts: readonly Part[],
  onProgress: OnProgress,
  cache = cacheDir(),
  fetch: Fetch = runMaven,
): Promise<Map<PartName, string>> {
  const missing = await missingArtifacts(parts, cache);
  const report = stepReporter({ step: 'fetch', total: missing.length, onProgress });
  await mapLimited(missing, PARALLEL_FETCHES, (part) => report(part, () => install(part, cache, fetch)));
  const folders = await Promise.all(
    parts.map(async (part) => [part.name, join(cache, await artifactKey(part))] as const),
  );
  return new Map(folders);
}

async function install(part: Part, cache: string, fetch: Fetch): Promise<void> {
  await mkdir(cache, { recursive: true });
  const folder = join(cache, await artifactKey(part));
  await withFileLock(`${folder}.lock`, async () => {
    if (await exists(folder)) return;
    const temporary = await mkdtemp(`${folder}.partial-`);
    try {
      await fetchInto(part, temporary, fetch);
      if (part.sources.length > 0) await compileLauncher(part, temporary);
      // The folder gets its own name only once it is complete.
      await renameUnlessPresent(temporary, folder);
    } finally {
      await rm(temporary, { recursive: true, force: true });
    }
  });
}

async function fetchInto(part: Part, folder: string, fetch: Fetch): Promise<void> {
  const lib = join(folder, 'lib');
  const pom = join(folder, 'pom.xml');
  await mkdir(lib);
  // A copy of the pom: Maven records unpacked files in target/ beside the pom, and would skip them the next time.
  await copyFile(pomOf(part), pom);
  const result = await fetch(pom, part.fetch, lib);
  await rm(join(folder, 'target'), { recursive: true, force: true });
  if (result.ok && (await readdir(lib)).length > 0) return;
  const reason = result.ok ? 'it succeeded but left no files' : result.reason;
  throw new PlatformError(
    'artifact-fetch-failed',
    `Fetching ${part.title} ${part.version} with Maven failed: ${reason} ` +
      '(check the network and ~/.m2/settings.xml, then start again: parts already fetched are kept).',
    true,
  );
}

async function compileLauncher(part: Part, folder: string): Promise<void> {
  const run = promisify(execFile);
  const classes = join(folder, 'classes');
  const sources = part.sources.map((source) => platformResource('java', source));
  try {
    await run(javaTool('javac'), ['-nowarn', '-d', classes, '-cp', join(folder, 'lib', '*'), ...sources]);
    await run(javaTool('jar'), ['cf', join(folder, 'launcher.jar'), '-C', classes, '.']);
  } catch (cause) {
    throw new PlatformError(
      'artifact-build-failed',
      `Compiling the launcher of ${part.title} failed: ${messageOf(cause).trim()} (is a JDK 17 or newer installed?).`,
      false,
      { cause },
    );
  }
  await rm(classes, { recursive: true });
}

async function renameUnlessPresent(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    const code = systemErrorCode(error);
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
  }
}

function pomOf(part: Part): string {
  return platformResource('poms', `${part.artifact ?? part.name}.pom.xml`);
}
