import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterAll, describe, expect, it } from 'vitest';
import { defaultAnswerBounds, type AnswerBounds } from '../../../gateway/idempotency/answer-bounds.js';
import { listBytes } from '../../../gateway/idempotency/answer-cost.js';
import type { Claim, KeptAnswer, KeptAnswers } from '../../../gateway/idempotency/kept-answers.js';
import { systemClock } from '../../../primitives/clock.js';
import type { ListingImage } from '../../../schemas/events.js';
import { storeAddress } from '../../sinks/store-address.js';
import { provideTestPlatform } from '../../support/test-platform.js';
import { guardByHeader, keysOf, memoryOf, openAnswers } from './answers-support.js';
import { gatewayHarness, postJson, resultOf, type HarnessOptions } from '../harness.js';

const redis = new Redis(storeAddress('FANLIGHT_TEST_REDIS_URL') ?? '');
afterAll(() => redis.disconnect());

const KiB = 1024;
/** Timeout of a poll on a busy machine (ms). */
const patience = { timeout: 20_000 };
const url = 'https://photos.example/1.jpg';
const newPrefix = () => `test-${randomUUID()}:`;

interface GatewaysOptions extends HarnessOptions {
  readonly prefix?: string;
  readonly bounds?: Partial<AnswerBounds>;
}

/** Two gateways over one Redis. */
function openGateways({ prefix = newPrefix(), bounds = {}, ...options }: GatewaysOptions = {}) {
  const open = () => {
    const answers = openAnswers(redis, prefix, bounds);
    const gateway = gatewayHarness({ clock: systemClock, guard: guardByHeader, ...options, answers });
    return { ...gateway, answers };
  };
  return { gateways: [open(), open()] as const, prefix };
}

type Gateway = Pick<ReturnType<typeof gatewayHarness>, 'app'>;

async function ask({ app }: Gateway, key: string, client = 'shop'): Promise<Response> {
  return app.request('/v1/tags', postJson({ url }, { 'idempotency-key': key, 'x-client': client }));
}

/** Status of the answer, and whether it was replayed. */
async function outcomeOf(asking: Response | Promise<Response>): Promise<string> {
  const { status, headers } = await asking;
  return `${status} ${headers.get('idempotency-replayed') === 'true' ? 'replayed' : 'carried out'}`;
}

/** Tags whose answer has about this many bytes after gzip, which removes the overhead of base64. */
function tagsOf(image: ListingImage, bytes: number) {
  const text = randomBytes(bytes).toString('base64');
  return { ...resultOf(image), tags: [{ name: 'overlay text', score: 0.4, model: 'text-line@1', box: null, text }] };
}

const large: HarnessOptions['tag'] = ({ image }) => Promise.resolve(tagsOf(image, 40 * KiB));

/** Runs the work for each index below `count`, twenty at a time. */
async function inTurn(count: number, work: (index: number) => Promise<unknown>): Promise<void> {
  for (let first = 0; first < count; first += 20) {
    const turn = Array.from({ length: Math.min(20, count - first) }, (_, index) => work(first + index));
    await Promise.all(turn);
  }
}

function answerOf(bytes: number): KeptAnswer {
  return { status: 200, headers: {}, body: { encoding: 'identity', bytes: randomBytes(bytes) }, requestDigest: null };
}

async function claimOf(answers: KeptAnswers, client: string, key: string): Promise<Claim> {
  const begun = await answers.begin(client, key, 'request');
  if (begun.kind !== 'begun') throw new Error(`The key ${key} of ${client} is ${begun.kind}.`);
  return begun.claim;
}

async function keep(answers: KeptAnswers, client: string, key: string, bytes: number): Promise<void> {
  await (await claimOf(answers, client, key)).finish(answerOf(bytes));
}

async function kindsOf(answers: KeptAnswers, client: string, keys: readonly string[]): Promise<readonly string[]> {
  return Promise.all(keys.map(async (key) => (await answers.begin(client, key, 'request')).kind));
}

const sumsOf = (prefix: string) => redis.hgetall(`${prefix}gateway:answers:bytes`);

/** Bytes of all clients and of each: the counted sums, and the sums of the lists. Both are read in one transaction. */
async function countedOf(prefix: string, clients: readonly string[]) {
  const reading = redis.multi().hgetall(`${prefix}gateway:answers:bytes`);
  for (const client of clients) {
    for (const state of ['begun', 'kept']) reading.zrange(`${prefix}gateway:answers:${state}:${client}`, 0, '-1');
  }
  const [sums, ...lists] = ((await reading.exec()) ?? []).map(([, reply]) => reply);
  const { '*': all = '0', ...counted } = sums as Record<string, string>;
  const listed = clients.map((client, at) => {
    const members = (lists as string[][]).slice(2 * at, 2 * at + 2).flat();
    const bytes = members.reduce((sum, member) => sum + Number(member.split(':')[1]), listBytes(client));
    return [client, members.length === 0 ? 0 : bytes] as const;
  });
  return {
    all: Number(all),
    sums: Object.fromEntries(clients.map((client) => [client, Number(counted[client] ?? 0)])),
    listed: Object.fromEntries(listed),
  };
}

describe('the budget of kept answers', () => {
  it('evicts answers of a client that floods, and keeps those of other clients', async () => {
    const { gateways, prefix } = openGateways({ tag: large });
    const gatewayOf = (index: number) => gateways[index % 2] ?? gateways[0];
    const quiet = Array.from({ length: 20 }, (_, index) => `quiet-${index}`);
    await inTurn(quiet.length, (index) => ask(gatewayOf(index), `quiet-${index}`, 'quiet'));
    const quietBytes = await memoryOf(redis, prefix);
    await inTurn(1_000, (index) => ask(gatewayOf(index), `${index}`, 'loud'));

    const bytes = (await memoryOf(redis, prefix)) - quietBytes;
    expect(bytes).toBeLessThanOrEqual(defaultAnswerBounds.bytesPerClient);
    expect(bytes).toBeGreaterThan(0.9 * defaultAnswerBounds.bytesPerClient);
    for (const gateway of gateways) {
      const replays = await Promise.all(quiet.map((key) => outcomeOf(ask(gateway, key, 'quiet'))));
      expect(new Set(replays)).toEqual(new Set(['200 replayed']));
      expect(await outcomeOf(ask(gateway, '999', 'loud'))).toBe('200 replayed');
    }
    expect(await outcomeOf(ask(gateways[1], '0', 'loud'))).toBe('200 carried out');
    const [one, other] = await Promise.all(gateways.map(({ answers }) => answers.outcomes()));
    expect((one?.['kept'] ?? 0) + (other?.['kept'] ?? 0)).toBe(1_021);
    expect((one?.['evicted'] ?? 0) + (other?.['evicted'] ?? 0)).toBeGreaterThan(800);
  });

  it('holds for 40 clients together, and evicts from those that hold most', async () => {
    const prefix = newPrefix();
    const answers = [openAnswers(redis, prefix), openAnswers(redis, prefix)] as const;
    await keep(answers[0], 'small', 'first', 40 * KiB);
    await inTurn(40 * 60, (index) => {
      return keep(answers[index % 2] ?? answers[0], `loud-${index % 40}`, `${index}`, 40 * KiB);
    });

    const bytes = await memoryOf(redis, prefix);
    expect(bytes).toBeLessThanOrEqual(defaultAnswerBounds.bytes);
    expect(bytes).toBeGreaterThan(0.95 * defaultAnswerBounds.bytes);
    const { '*': all = 0, small = 0, ...loud } = await sumsOf(prefix);
    expect(Number(all)).toBeGreaterThan(bytes);
    const most = Math.max(...Object.values(loud).map(Number));
    expect(Math.min(...Object.values(loud).map(Number))).toBeGreaterThan(most - 2 * 50 * KiB);
    expect(Number(small)).toBeLessThan(50 * KiB);
    expect(await kindsOf(answers[1], 'small', ['first'])).toEqual(['done']);
  });

  it('evicts no marker of a request in flight', async () => {
    const { gateways } = openGateways({ bounds: { bytesPerClient: 4 * KiB } });
    const { answers } = gateways[0];
    await keep(answers, 'shop', 'kept', 100);
    const claims: Claim[] = [];
    let last = await answers.begin('shop', '0', 'request');
    while (last.kind === 'begun' && claims.length < 20) {
      claims.push(last.claim);
      last = await answers.begin('shop', `${claims.length}`, 'request');
    }
    expect(last.kind).toBe('full');
    expect(claims.length).toBeGreaterThan(5);
    const under = claims.map((_, index) => `${index}`);
    expect(new Set(await kindsOf(answers, 'shop', under))).toEqual(new Set(['busy']));
    expect(await kindsOf(answers, 'other', ['0'])).toEqual(['begun']);
    const refused = await ask(gateways[1], 'new');
    const { code } = (await refused.json()) as { code: string };
    expect([refused.status, code, gateways[1].calls.length]).toEqual([503, 'idempotency-unavailable', 0]);

    await Promise.all(claims.slice(1).map((claim) => claim.abandon('failed')));
    await claims[0]?.finish(answerOf(100));
    expect(await kindsOf(answers, 'shop', ['0', 'kept'])).toEqual(['done', 'begun']);
  });

  it('evicts no answer to make room for markers of a client that holds more', async () => {
    const prefix = newPrefix();
    const answers = openAnswers(redis, prefix, { bytes: 16 * KiB, bytesPerClient: 12 * KiB });
    await keep(answers, 'small', 'first', 4 * KiB);
    const kinds = await kindsOf(
      answers,
      'loud',
      Array.from({ length: 40 }, (_, index) => `${index}`),
    );
    expect(new Set(kinds)).toEqual(new Set(['begun', 'full']));
    expect(await kindsOf(answers, 'small', ['first'])).toEqual(['done']);
  });

  it('counts the actual bytes after random calls of two gateways', async () => {
    const prefix = newPrefix();
    const bounds = { bytesPerClient: 24 * KiB, bytes: 48 * KiB, keepMs: 400, leaseMs: 150 };
    const answers = [openAnswers(redis, prefix, bounds), openAnswers(redis, prefix, bounds)] as const;
    const endings: readonly ((claim: Claim) => Promise<void>)[] = [
      (claim) => claim.finish(answerOf(randomInt(3 * KiB))),
      (claim) => claim.abandon('failed'),
      (claim) => claim.renew().then(() => claim.finish(answerOf(randomInt(3 * KiB)))),
      async (claim) => delay(randomInt(200)).then(() => claim.finish(answerOf(100))),
      () => Promise.resolve(),
    ];
    await inTurn(1_000, async (index) => {
      const gateway = answers[index % 2] ?? answers[0];
      const begun = await gateway.begin(`client-${randomInt(5)}`, `${randomInt(60)}`, 'request');
      if (begun.kind === 'begun') await endings[randomInt(endings.length)]?.(begun.claim);
    });

    // The call of another client sweeps expired entries.
    await claimOf(answers[0], 'client-5', 'last');
    const { all, sums, listed } = await countedOf(
      prefix,
      Array.from({ length: 6 }, (_, index) => `client-${index}`),
    );
    expect(sums).toEqual(listed);
    const sum = Object.values(sums).reduce((bytes, more) => bytes + more, 0);
    expect(all).toBe(sum);
    expect(sum).toBeGreaterThan(0);
    expect(sum).toBeLessThanOrEqual(bounds.bytes);
    expect(await memoryOf(redis, prefix)).toBeLessThanOrEqual(sum);
    await expect.poll(() => keysOf(redis, prefix), patience).toEqual([]);
  });
});

describe('an answer above the limit for kept answers', () => {
  it('is sent completely, is not kept, and leaves nothing in Redis', async () => {
    const tag: HarnessOptions['tag'] = ({ image }) => Promise.resolve(tagsOf(image, 66 * KiB));
    const { gateways, prefix } = openGateways({ tag });
    const key = randomUUID();
    for (const gateway of gateways) {
      const answer = await ask(gateway, key);
      expect(await outcomeOf(answer)).toBe('200 carried out');
      expect((await answer.arrayBuffer()).byteLength).toBeGreaterThan(88 * KiB);
      expect(await keysOf(redis, prefix)).toEqual([]);
      expect(await gateway.answers.outcomes()).toMatchObject({ 'too-large': 1 });
    }
    expect(gateways.map(({ calls }) => calls.length)).toEqual([1, 1]);
  });

  it('is kept when gzip makes it small enough, and is replayed unchanged', async () => {
    const models = Array<string>(10_000).fill('scene@1');
    const tag: HarnessOptions['tag'] = ({ image }) => Promise.resolve({ ...resultOf(image), models });
    const { gateways, prefix } = openGateways({ tag });
    const key = randomUUID();
    const [first, second] = [await ask(gateways[0], key), await ask(gateways[1], key)];
    expect(await outcomeOf(second)).toBe('200 replayed');
    const body = await first.text();
    expect(body.length).toBeGreaterThan(defaultAnswerBounds.maxAnswerBytes);
    expect(await second.text()).toBe(body);
    expect(await memoryOf(redis, prefix)).toBeLessThan(4 * KiB);
  });
});

describe('a former owner of a key', () => {
  const bounds = { leaseMs: 100 };

  it('cannot change the marker or the answer of the gateway that took over', async () => {
    const prefix = newPrefix();
    const answers = openAnswers(redis, prefix, bounds);
    const former = await claimOf(answers, 'shop', 'key');
    await expect.poll(() => keysOf(redis, prefix), patience).toEqual([]);
    const patient = openAnswers(redis, prefix, { leaseMs: 10_000 });
    const owner = await claimOf(patient, 'shop', 'key');
    const entry = (await keysOf(redis, prefix)).find((key) => key.includes(':entry:')) ?? '';
    const before = await Promise.all([redis.get(entry), sumsOf(prefix)]);
    const meddle = async () => {
      await former.renew();
      await former.finish(answerOf(10));
      await former.abandon('failed');
    };

    await meddle();
    expect(await Promise.all([redis.get(entry), sumsOf(prefix)])).toEqual(before);
    expect(await redis.pttl(entry)).toBeGreaterThan(bounds.leaseMs);
    await owner.finish(answerOf(20));
    await meddle();
    const kept = await answers.begin('shop', 'key', 'request');
    expect(kept.kind === 'done' && kept.answer.body.bytes.length).toBe(20);
    expect(await answers.outcomes()).toMatchObject({ lost: 2 });
  });

  it('sends its own answer, but a repetition gets the answer of the gateway that took over', async () => {
    const releases: (() => void)[] = [];
    const tag: HarnessOptions['tag'] = async ({ image }) => {
      await new Promise<void>((resolve) => releases.push(resolve));
      return tagsOf(image, 10);
    };
    const prefix = newPrefix();
    // The clock of the harness stands still, so the first gateway renews nothing, like a suspended process.
    const stopped = gatewayHarness({ tag, guard: guardByHeader, answers: openAnswers(redis, prefix, bounds) });
    const {
      gateways: [next],
    } = openGateways({ prefix, tag });
    const first = ask(stopped, 'key');
    await expect.poll(() => releases.length, patience).toBe(1);
    await expect.poll(() => keysOf(redis, prefix), patience).toEqual([]);
    const second = ask(next, 'key');
    await expect.poll(() => releases.length, patience).toBe(2);

    releases[0]?.();
    expect(await outcomeOf(first)).toBe('200 carried out');
    expect(await outcomeOf(ask(next, 'key'))).toBe('409 carried out');
    releases[1]?.();
    const [given, repeated] = [await second, await ask(next, 'key')];
    expect(await outcomeOf(repeated)).toBe('200 replayed');
    expect(await repeated.text()).toBe(await given.text());
  });
});

describe('the expiry of kept answers', () => {
  it('removes entries and bookkeeping without another call', async () => {
    const prefix = newPrefix();
    const answers = openAnswers(redis, prefix, { keepMs: 1_000, leaseMs: 200 });
    await inTurn(20, (index) => claimOf(answers, 'late', `${index}`));
    await inTurn(60, (index) => keep(answers, `client-${index % 3}`, `${index}`, 100));
    expect(await kindsOf(answers, 'client-2', ['59'])).toEqual(['done']);
    await expect.poll(() => keysOf(redis, prefix), patience).toEqual([]);
    expect(await kindsOf(answers, 'client-2', ['59'])).toEqual(['begun']);
  });

  it('sweeps at most 100 entries per call, and leaves none of them counted', async () => {
    const prefix = newPrefix();
    const [brief, lasting] = [openAnswers(redis, prefix, { keepMs: 2_000 }), openAnswers(redis, prefix)];
    await keep(lasting, 'shop', 'first', 100);
    const own = Number((await sumsOf(prefix))['*']);
    await inTurn(240, (index) => keep(brief, 'shop', `${index}`, 100));
    const entries = async () => (await keysOf(redis, `${prefix}gateway:answers:entry:`)).length;
    await expect.poll(entries, patience).toBe(1);
    const listed = () => redis.zcard(`${prefix}gateway:answers:kept:shop`);
    expect(await listed()).toBe(241);

    await keep(lasting, 'other', 'first', 100);
    // The line above made two calls. Next, an answer is kept under a key whose former answer is still listed.
    expect(await listed()).toBe(41);
    await keep(lasting, 'shop', '239', 100);
    expect([await listed(), await kindsOf(lasting, 'shop', ['239'])]).toEqual([2, ['done']]);
    const { shop, other, '*': all } = await sumsOf(prefix);
    expect(Number(shop)).toBeLessThan(2 * own);
    expect(Number(all)).toBe(Number(shop) + Number(other));
  });
});

describe('a Redis that is out of memory', () => {
  it('does not prevent the answer of a request that was carried out, and leaves its key free', async () => {
    const platform = await provideTestPlatform({ parts: ['redis'] });
    const own = new Redis(platform.addresses.redisUrl);
    try {
      let release: () => void = () => undefined;
      const held = new Promise<void>((resolve) => (release = resolve));
      const answers = openAnswers(own, 'fl:');
      const tag: HarnessOptions['tag'] = async ({ image }) => held.then(() => resultOf(image));
      const gateway = gatewayHarness({ clock: systemClock, tag, answers });
      const first = ask(gateway, 'key');
      await expect.poll(() => gateway.calls.length, patience).toBe(1);
      await own.config('SET', 'maxmemory', '1');
      release();
      expect(await outcomeOf(first)).toBe('200 carried out');
      expect((await answers.outcomes())['kept']).toBeUndefined();
      expect(await outcomeOf(ask(gateway, 'another'))).toBe('503 carried out');

      await own.config('SET', 'maxmemory', '0');
      expect(await keysOf(own, 'fl:')).toEqual([]);
      expect(await outcomeOf(ask(gateway, 'key'))).toBe('200 carried out');
      expect(await outcomeOf(ask(gateway, 'key'))).toBe('200 replayed');
    } finally {
      own.disconnect();
      await platform.stop();
    }
  });
});
