import type { Redis } from 'ioredis';
import type { RecordCoordinates } from '../../runtime/records/message.js';
import type { JobProjection } from './job-projection.js';
import type { JobStates, ListedPart } from './job-states.js';
import type { JobStatus } from './job-status.js';
import { FanlightError } from '../../schemas/failure.js';
import type { Job, JobState } from '../../schemas/jobs.js';
import { jobKeptDays } from './job-states.js';
import { applyJobScript, applyProgressScript, skipScript } from './job-scripts.js';

export interface RedisJobStateOptions {
  readonly redis: Redis;
  /** Prefix of every key, such as `fl:`. */
  readonly prefix: string;
  /** Time that the state of a job is kept after its last record (s). */
  readonly keepSeconds?: number;
}

/** Keeps jobs in Redis. Each job has a hash of counts, a bitmap of the images with an outcome, and a list of parts. */
export function createRedisJobState({
  redis,
  prefix,
  keepSeconds = jobKeptDays * 86_400,
}: RedisJobStateOptions): JobStates & JobProjection {
  const positions = `${prefix}jobs:positions`;
  const ended = `${prefix}jobs:ended`;
  const accepting = `${prefix}jobs:accepting`;
  const hashes = `${prefix}job:`;
  const hashOf = (id: string) => `${hashes}${id}`;
  /** Sorted set of job ids. Ids sort by age. */
  const listOf = (client: string | null) =>
    client === null ? `${prefix}jobs:of-anyone` : `${prefix}jobs:of:${client}`;
  const partsOf = (id: string) => `${prefix}job:${id}:parts`;

  async function apply({ script, id, more = [], rest }: Change, ...to: Parameters<typeof moves>): Promise<boolean> {
    const keys = [hashOf(id), `${prefix}job:${id}:images`, partsOf(id), positions, ended, accepting, ...more];
    return attempt(
      async () =>
        (await redis.eval(script, keys.length, ...keys, ...moves(...to), id, String(keepSeconds), ...rest)) === 1,
    );
  }

  async function find(id: string): Promise<JobStatus | undefined> {
    const fields = await attempt(() => redis.hgetall(hashOf(id)));
    // The worker may read results before the record of their job.
    return fields['record'] === undefined ? undefined : statusOf(fields, await attempt(() => redis.llen(partsOf(id))));
  }

  async function findAll(ids: readonly string[]): Promise<readonly JobStatus[]> {
    return (await Promise.all(ids.map(find))).filter((status) => status !== undefined);
  }

  return {
    find,
    async list(client, before, count) {
      const ids = await attempt(() =>
        redis.zrange(listOf(client), before === undefined ? '+' : `(${before}`, '-', 'BYLEX', 'REV', 'LIMIT', 0, count),
      );
      return { jobs: await findAll(ids), next: ids.length < count ? undefined : ids.at(-1) };
    },
    async parts(id, first, count) {
      const listed = await attempt(() => redis.lrange(partsOf(id), first, first + count - 1));
      return listed.map((text) => {
        const {
          key,
          lines,
          repeated = [],
        } = JSON.parse(text) as Pick<ListedPart, 'key' | 'lines'> & Partial<ListedPart>;
        return { key, lines, repeated };
      });
    },
    async position(topic, partition) {
      const text = await attempt(() => redis.hget(positions, `${topic}/${partition}`));
      return text === null ? undefined : BigInt(text);
    },
    applyJob: (record, expected, job) =>
      apply(
        { script: applyJobScript, id: job.id, more: [listOf(job.client)], rest: [JSON.stringify(job), hashes] },
        record,
        expected,
      ),
    applyProgress: (record, expected, { job, part, at }) =>
      apply(
        { script: applyProgressScript, id: job, rest: [part === null ? '' : JSON.stringify(part), String(at)] },
        record,
        expected,
      ),
    skip: (record, expected) =>
      attempt(async () => (await redis.eval(skipScript, 1, positions, ...moves(record, expected))) === 1),
    ended: async () => findAll(await attempt(() => redis.smembers(ended))),
    async abandoned(before) {
      const ids = await attempt(() => redis.zrangebyscore(accepting, '-inf', before));
      return (await findAll(ids)).map(({ job }) => job);
    },
  };
}

/** A script of a job, with keys and arguments besides those of every script. */
interface Change {
  readonly script: string;
  readonly id: string;
  readonly more?: readonly string[];
  readonly rest: readonly string[];
}

/** Returns the arguments that move a position: place, expected position, next position. */
function moves({ topic, partition, offset }: RecordCoordinates, expected: bigint | undefined): string[] {
  return [`${topic}/${partition}`, expected === undefined ? '' : String(expected), String(offset + 1n)];
}

function statusOf(fields: Readonly<Record<string, string>>, parts: number): JobStatus {
  const count = (name: string) => Number(fields[name] ?? 0);
  const failures = Object.entries(fields).flatMap(([name, value]) =>
    name.startsWith(failedField) ? [[name.slice(failedField.length), Number(value)] as const] : [],
  );
  const record = JSON.parse(fields['record'] ?? '') as Job;
  return {
    job: { ...record, state: fields['state'] as JobState, images: count('images'), updatedAt: count('updatedAt') },
    tagged: count('tagged'),
    failed: count('failed'),
    cancelled: count(`${failedField}job-cancelled`),
    failures: Object.fromEntries(failures),
    parts,
    finishedAt: fields['finishedAt'] === undefined ? null : count('finishedAt'),
    samples: JSON.parse(fields['samples'] ?? '[]') as [number, number][],
  };
}

const failedField = 'failed:';

async function attempt<T>(command: () => Promise<T>): Promise<T> {
  try {
    return await command();
  } catch (cause) {
    throw new FanlightError({
      code: 'store-unavailable',
      message: `The state of jobs cannot be reached: ${cause instanceof Error ? cause.message : String(cause)}.`,
      remedy: 'Check the Redis of FANLIGHT_REDIS_URL. Fanlight rebuilds lost state from the topics.',
      cause,
    });
  }
}
