import { setImmediate } from 'node:timers/promises';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { startConsumer } from '../../../../runtime/kafka/consumer/consumer.js';
import type { FetchMode } from '../../../../runtime/kafka/consumer/fetch-mode.js';
import { createManualClock } from '../../../../runtime/memory/manual-clock.js';
import { fakeKafka } from '../fake-kafka.js';

/** A consumer with a window of one record, whose work ends when the test finishes it. */
async function world(fetchMode: FetchMode) {
  const clock = createManualClock();
  const broker = fakeKafka();
  const finish: (() => void)[] = [];
  await startConsumer({
    ...{ kafka: broker.kafka, group: 'g', topics: ['t'], fromBeginning: true, fetchMode, clock, random: () => 1 },
    ...{ logger: pino({ level: 'silent' }), window: { items: fetchMode === 'round-robin' ? 1 : 9, bytes: 1_000 } },
    process: () => new Promise<void>((resolve) => finish.push(resolve)),
    onFatal: (error) => {
      throw error;
    },
  });
  /** Finishes the record that began last, and returns the offset that the consumer commits then. */
  async function commitAfter(work?: () => void): Promise<string | undefined> {
    work?.();
    await setImmediate();
    clock.advance(250);
    await setImmediate();
    broker.commits.at(-1)?.resolve();
    await setImmediate();
    return broker.commits.at(-1)?.offset;
  }
  return { broker, finish, commitAfter };
}

describe.each(['batches', 'round-robin'] as const)('a consumer that fetches %s', (mode) => {
  it('commits the transaction markers behind the last record of a fetch with that record', async () => {
    const { broker, finish, commitAfter } = await world(mode);
    await broker.deliverUpTo(9n, 't', 5n, 6n);
    expect(await commitAfter(finish[0])).toBe('6');
    expect(await commitAfter(finish[1])).toBe('10');
  });

  it('commits a fetch that has nothing but markers, once earlier records are finished', async () => {
    const { broker, finish, commitAfter } = await world(mode);
    await broker.deliver('t', 5n, 6n);
    broker.passEmpty(8n, 't');
    expect(await commitAfter(finish[0])).toBe('6');
    expect(await commitAfter(finish[1])).toBe('9');
    broker.passEmpty(11n, 't');
    expect(await commitAfter()).toBe('12');
  });
});
