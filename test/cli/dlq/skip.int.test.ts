import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { skipRecord, type SkipOptions } from '../../../cli/dlq/skip.js';
import { startConsumer } from '../../../runtime/kafka/consumer/consumer.js';
import { readRanges, wholeTopics } from '../../../runtime/kafka/read/ranges.js';
import { createTopics, withAdmin } from '../../../runtime/kafka/topics/admin.js';
import type { Message } from '../../../runtime/records/message.js';
import type { WorkerServices } from '../../../runtime/services.js';
import { topics } from '../../../schemas/topics.js';
import { fanlightTopology } from '../../../topology/main.js';
import { captured } from '../captured.js';
import { openTestServices } from '../../support/worker-services.js';

const run = randomUUID();
const topic = `skip.bulk.${run}`;
const group = `skip-${run}`;
const letters = topics.deadLetters('bulk');
const topology = fanlightTopology('compact');
let services: WorkerServices;

beforeAll(async () => {
  services = await openTestServices('skip', (error) => {
    throw error;
  });
  await withAdmin(services.kafka, async (admin) => {
    const existing = await admin.listTopics();
    const missing = [topic, letters].filter((name) => !existing.includes(name));
    await createTopics(
      admin,
      missing.map((name) => ({ topic: name, numPartitions: 1 })),
    );
  });
  const values = ['zero', 'one', 'stuck', 'three', 'four', 'five'];
  for (const value of values)
    await services.publisher.publish([{ topic, key: Buffer.from('key'), value: Buffer.from(value), headers: {} }]);
});
afterAll(() => services.publisher.close());

/** Starts the group. Its handler never ends for the record `stuck`. */
async function start(finished: string[]) {
  return startConsumer({
    ...{ ...services, group, topics: [topic], fromBeginning: true, window: { items: 10, bytes: 2 ** 20 } },
    process({ value }, signal) {
      if (String(value) !== 'stuck') return Promise.resolve(void finished.push(String(value)));
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
    },
  });
}

const committed = () =>
  withAdmin(services.kafka, async (admin) => {
    const [found] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
    return found?.partitions[0]?.offset;
  });

async function skip(options: Partial<SkipOptions>): Promise<string> {
  const output = captured();
  try {
    expect(await skipRecord({ topic, partition: 0, offset: 2n, group, ...options }, { services, topology })).toBe(0);
  } finally {
    vi.restoreAllMocks();
  }
  return output.text;
}

async function lettersOfTest(): Promise<string[]> {
  const found: Message[] = [];
  await readRanges(services.kafka, await wholeTopics(services.kafka, [letters]), (message) => {
    if (message.headers['__fanlight.errors.topic'] === topic) found.push(message);
  });
  return found.map(({ value, headers }) => `${headers['__fanlight.errors.code']} ${String(value)}`);
}

it('takes a stopped group past a record, which becomes a dead letter', async () => {
  const finished: string[] = [];
  const stuck = await start(finished);
  await expect.poll(committed, { timeout: 20_000 }).toBe('2');
  await expect(skip({})).rejects.toThrow(`The groups have running members: ${group} (1).`);
  await stuck.stop(0);

  expect(await skip({ dryRun: true })).toMatch(/2 would become .*\n.* would move from offset 2 to 3\./);
  expect([await lettersOfTest(), await committed()]).toEqual([[], '2']);
  expect(await skip({})).toMatch(/2 became .*\n.* moved from offset 2 to 3\./);
  expect([await lettersOfTest(), await committed()]).toEqual([['skipped stuck'], '3']);
  expect(await skip({})).toMatch(/have passed/);

  await expect(skip({ offset: 4n })).rejects.toThrow(
    /has records before offset 4 that it has not committed: 1, the first at 3/,
  );
  await skip({ offset: 4n, withEarlier: true });
  expect([await lettersOfTest(), await committed()]).toEqual([['skipped stuck', 'skipped three', 'skipped four'], '5']);

  const after: string[] = [];
  const again = await start(after);
  await expect.poll(() => after, { timeout: 20_000 }).toEqual(['five']);
  await again.stop(1_000);
});
