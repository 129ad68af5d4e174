import type { Redis } from 'ioredis';
import type { Registry } from 'prom-client';
import { Counter } from 'prom-client';
import type { RandomHex } from '../../primitives/trace-context.js';
import { deriveId } from '../../schemas/ids.js';
import { defaultAnswerBounds, type AnswerBounds } from './answer-bounds.js';
import { entryBytes, listBytes } from './answer-cost.js';
import { abandonScript, beginScript, finishScript, renewScript } from './answer-scripts.js';
import type { Beginning, KeptAnswer, KeptAnswers } from './kept-answers.js';

export interface RedisAnswersOptions {
  readonly redis: Redis;
  /** Prefix of every key, such as `fl:`. */
  readonly prefix: string;
  /** Source of the ids of a claim's owner. */
  readonly randomHex: RandomHex;
  readonly metrics: Registry;
  readonly bounds?: AnswerBounds;
}

/** The first line of an entry. The body of an answer follows it. */
type Head = { readonly fingerprint: string } & (
  { readonly owner: string } | (Omit<KeptAnswer, 'body'> & { readonly encoding: KeptAnswer['body']['encoding'] })
);

/** Answers in the Redis of all gateways, within a budget for each client and one for all (see answer-scripts.ts). */
export function createRedisAnswers(options: RedisAnswersOptions): KeptAnswers {
  const { redis, prefix, randomHex, metrics, bounds = defaultAnswerBounds } = options;
  const root = `${prefix}gateway:answers:`;
  const outcomes = new Counter({
    name: 'fanlight_gateway_kept_answers_total',
    help: 'Answers for repeated requests by outcome.',
    labelNames: ['outcome'],
    registers: [metrics],
  });

  return {
    bounds,
    async begin(client, key, fingerprint): Promise<Beginning> {
      const id = deriveId(client, key);
      const entry = `${root}entry:${id}`;
      const marker = entryText({ fingerprint, owner: randomHex(32) });
      const markerBytes = entryBytes(entry, marker);

      async function run<Reply>(script: string, ...rest: readonly (Buffer | number)[]): Promise<Reply> {
        const budget = [listBytes(client), bounds.bytesPerClient, bounds.bytes];
        return (await redis.eval(script, 1, entry, root, client, id, ...budget, marker, markerBytes, ...rest)) as Reply;
      }

      const [outcome, evicted] = await run<['taken' | 'begun' | 'full', number]>(beginScript, bounds.leaseMs);
      outcomes.inc({ outcome: 'evicted' }, evicted);
      if (outcome === 'full') return { kind: 'full' };
      if (outcome === 'taken') return beginningOf(await redis.getBuffer(entry), fingerprint);
      return {
        kind: 'begun',
        claim: {
          async renew() {
            await run(renewScript, bounds.leaseMs);
          },
          async finish({ body: { encoding, bytes }, ...answer }) {
            const text = entryText({ fingerprint, ...answer, encoding }, bytes);
            const rest = [text, entryBytes(entry, text), bounds.keepMs];
            const [kept, left] = await run<['lost' | 'kept' | 'no-room', number]>(finishScript, ...rest);
            outcomes.inc({ outcome: kept });
            outcomes.inc({ outcome: 'evicted' }, left);
          },
          async abandon(why) {
            if (why !== 'failed') outcomes.inc({ outcome: why });
            await run(abandonScript);
          },
        },
      };
    },
  };
}

function entryText(head: Head, body: Uint8Array = Buffer.alloc(0)): Buffer {
  return Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), body]);
}

/** @param text the entry of another request; null when it expired after the script had seen it */
function beginningOf(text: Buffer | null, fingerprint: string): Beginning {
  if (text === null) return { kind: 'busy' };
  const end = text.indexOf('\n');
  const head = JSON.parse(text.toString('utf8', 0, end)) as Head;
  if (head.fingerprint !== fingerprint) return { kind: 'other' };
  if ('owner' in head) return { kind: 'busy' };
  const { status, headers, requestDigest, encoding } = head;
  const body = { encoding, bytes: text.subarray(end + 1) };
  return { kind: 'done', answer: { status, headers, requestDigest, body } };
}
