import type { Redis } from 'ioredis';
import type { Beginning, KeptAnswer, KeptAnswers } from './kept-answers.js';

interface Entry {
  readonly fingerprint: string;
  readonly answer: KeptAnswer | null;
}

/** One string a key, which Redis forgets by itself. @param prefix in front of each, such as `fl:` */
export function createRedisAnswers(redis: Redis, prefix: string): KeptAnswers {
  const name = (key: string) => `${prefix}gateway:answers:${key}`;
  const text = (entry: Entry) => JSON.stringify(entry);
  return {
    async begin(key, fingerprint, leaseMs): Promise<Beginning> {
      if ((await redis.set(name(key), text({ fingerprint, answer: null }), 'PX', leaseMs, 'NX')) === 'OK') return { kind: 'begun' };
      const before = await redis.get(name(key));
      if (before === null) return { kind: 'busy' }; // its lease ended in between: whoever asks again begins
      const entry = JSON.parse(before) as Entry;
      if (entry.fingerprint !== fingerprint) return { kind: 'other' };
      return entry.answer === null ? { kind: 'busy' } : { kind: 'done', answer: entry.answer };
    },
    async renew(key, leaseMs) {
      await redis.pexpire(name(key), leaseMs);
    },
    async finish(key, fingerprint, answer, keepMs) {
      await redis.set(name(key), text({ fingerprint, answer }), 'PX', keepMs);
    },
    async abandon(key) {
      await redis.del(name(key));
    },
  };
}
