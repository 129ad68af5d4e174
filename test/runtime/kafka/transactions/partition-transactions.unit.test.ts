import { setImmediate } from 'node:timers/promises';
import kafkajs from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { HandedBack } from '../../../../runtime/kafka/consumer/handed-back.js';
import { createPartitionTransactions } from '../../../../runtime/kafka/transactions/partition-transactions.js';
import type { Position } from '../../../../runtime/kafka/transactions/position.js';
import type { Place } from '../../../../runtime/kafka/transactions/progress.js';
import type { TransactionalProducer } from '../../../../runtime/kafka/transactions/transactional-producer.js';
import { createManualClock } from '../../../../runtime/memory/manual-clock.js';
import type { OutgoingMessage } from '../../../../runtime/records/message.js';

const output = (text: string): OutgoingMessage => ({ topic: 'out', key: null, value: Buffer.from(text), headers: {} });
const texts = (messages: readonly OutgoingMessage[]) => messages.map(({ value }) => String(value));
const place = (offset: bigint): Place => ({ offset, next: offset + 1n });
const protocolError = (type: string) => new kafkajs.KafkaJSProtocolError(Object.assign(new Error(type), { type }));

interface Options {
  readonly committed?: Position | null;
  /** Transactions end only when the test answers. */
  readonly holds?: boolean;
  readonly everyMs?: number;
}

/** A partition whose transactions end when the test says so. */
function world({ committed = null, holds = false, everyMs = 0 }: Options = {}) {
  const control = new AbortController();
  const clock = createManualClock();
  const log: string[] = [];
  const answers: { readonly resolve: () => void; readonly reject: (error: Error) => void }[] = [];
  const refused = new Set<string>();
  let failure: Error | undefined;
  let position: Position | null = committed;
  const transactions = createPartitionTransactions({
    signal: control.signal,
    clock,
    everyMs,
    onClosing: () => undefined,
    open(): Promise<TransactionalProducer> {
      log.push('open');
      return Promise.resolve({
        committed: position,
        async write(messages, next) {
          log.push(`${texts(messages).join('+')} → ${next.offset}`);
          if (holds) await new Promise<void>((resolve, reject) => answers.push({ resolve, reject }));
          if (failure) throw failure;
          if (texts(messages).some((text) => refused.has(text))) throw protocolError('MESSAGE_TOO_LARGE');
          position = next;
        },
        close() {
          log.push('close');
          return Promise.resolve();
        },
      });
    },
  });
  const instead = () => [output('letter')];
  return {
    ...{ transactions, log, refused, control, answers, clock },
    fail: (error: Error) => void (failure = error),
    setCommitted: (next: Position) => void (position = next),
    async record(offset: bigint, text = String(offset)) {
      const own = place(offset);
      const isNew = await transactions.admit(own);
      const finishWith = (messages: readonly OutgoingMessage[]) => transactions.commit(own, { messages, instead });
      return { isNew, finish: () => finishWith([output(text)]), finishWithout: () => finishWith([]) };
    },
  };
}

describe('transactions of a partition', () => {
  it('take all records that finished during the former one', async () => {
    const { record, answers, log } = world({ holds: true });
    const [one, two, three] = await Promise.all([record(1n), record(2n), record(3n)]);
    const first = one.finish();
    const others = [three.finish(), two.finish()];
    answers[0]?.resolve();
    await first;
    await setImmediate();
    expect(log).toEqual(['open', '1 → 2', '2+3 → 4']);
    answers[1]?.resolve();
    expect((await Promise.all(others)).map(texts)).toEqual([['3'], ['2']]);
  });

  it('do not wait for an earlier record that is unfinished, and do not pass it', async () => {
    const { record, log } = world();
    const [one, two] = await Promise.all([record(1n), record(2n)]);
    await two.finish();
    await one.finish();
    expect(log).toEqual(['open', '2 → 1', '1 → 3']);
  });

  it('do not process records again that a former owner has committed', async () => {
    const { record } = world({ committed: { offset: 2n, runs: [{ first: 3n, last: 3n }] } });
    const records = await Promise.all([1n, 2n, 3n, 4n].map((offset) => record(offset)));
    expect(records.map(({ isNew }) => isNew)).toEqual([false, true, false, true]);
  });

  it('open the producer at the first record, before any is processed', async () => {
    const { record, log } = world();
    expect(log).toEqual([]);
    await record(1n);
    expect(log).toEqual(['open']);
  });

  it.each(['REQUEST_TIMED_OUT', 'PRODUCER_FENCED', 'INVALID_PRODUCER_EPOCH', 'NOT_COORDINATOR'])(
    'end for good after %s: the partition is handed back, and the producer is not used again',
    async (type) => {
      const { record, log, fail } = world();
      const [one, two, three] = await Promise.all([record(1n), record(2n), record(3n)]);
      fail(protocolError(type));
      const failed = [one.finish(), two.finish()].map((finished) => expect(finished).rejects.toThrow(HandedBack));
      await Promise.all(failed);
      await expect(three.finish()).rejects.toThrow(HandedBack);
      await setImmediate();
      expect(log).toEqual(['open', '1 → 2', 'close']);
    },
  );

  it('find the record that Kafka refuses, each time with a new producer, and write all others', async () => {
    const { record, refused, log } = world();
    const records = await Promise.all([1n, 2n, 3n, 4n].map((offset) => record(offset)));
    refused.add('3');
    const finished = records.map(({ finish }) => finish());
    expect((await Promise.all(finished)).map(texts)).toEqual([...[['1'], ['2'], ['letter'], ['4']]]);
    expect(log.filter((line) => line.includes('→'))).toEqual([
      ...['1 → 2', '2+3+4 → 5', '2 → 3', '3+4 → 5', '3 → 4', 'letter → 4', '4 → 5'],
    ]);
    expect(log.filter((line) => line === 'open')).toHaveLength(1 + 3);
  });

  it('hand the partition back when another owner has moved the position', async () => {
    const { record, refused, setCommitted } = world({ committed: { offset: 1n, runs: [] } });
    const one = await record(1n);
    refused.add('1');
    setCommitted({ offset: 9n, runs: [] });
    await expect(one.finish()).rejects.toThrow(HandedBack);
  });

  it('take records without messages along, and begin for these alone only after a second', async () => {
    const { record, log, clock } = world();
    const [one, two, three] = await Promise.all([record(1n), record(2n), record(3n)]);
    expect(await one.finishWithout()).toEqual([]);
    await setImmediate();
    expect(log).toEqual(['open']);
    await two.finish();
    expect(log).toEqual(['open', '2 → 3']);
    await three.finishWithout();
    clock.advance(1_000);
    await setImmediate();
    expect(log).toEqual(['open', '2 → 3', ' → 4']);
    clock.advance(10_000);
    await setImmediate();
    expect(log).toHaveLength(3);
  });

  it('begin at once without load, then not before their time, unless eight records wait', async () => {
    const { record, log, clock } = world({ everyMs: 500 });
    const records = await Promise.all(Array.from({ length: 12 }, (_, index) => record(BigInt(index))));
    const finish = async (...indices: readonly number[]) => {
      for (const index of indices) void records[index]?.finish();
      await setImmediate();
    };
    await finish(0);
    await finish(1, 2);
    expect(log).toEqual(['open', '0 → 1']);
    clock.advance(500);
    await setImmediate();
    expect(log.slice(2)).toEqual(['1+2 → 3']);
    await finish(3, 4, 5, 6, 7, 8, 9);
    expect(log.slice(3)).toEqual([]);
    await finish(10);
    expect(log.slice(3)).toEqual(['3+4+5+6+7+8+9+10 → 11']);
  });

  it('commit what waits when the worker stops', async () => {
    const { record, log, transactions } = world();
    const one = await record(1n);
    await one.finishWithout();
    await transactions.flush();
    expect(log).toEqual(['open', ' → 2']);
  });

  it('lose no record that finishes at any moment of another transaction', async () => {
    const { record } = world();
    const records = await Promise.all(Array.from({ length: 50 }, (_, index) => record(BigInt(index))));
    const finished = records.map(async ({ finish }, index) => {
      for (let turn = 0; turn < index; turn += 1) await Promise.resolve();
      return finish();
    });
    expect(await Promise.all(finished)).toHaveLength(50);
  });

  it('reject what has not begun when the partition is revoked', async () => {
    const { record, control, log, answers } = world({ holds: true });
    const [one, two] = await Promise.all([record(1n), record(2n)]);
    const finished = [one.finish(), two.finish()];
    control.abort(new Error('revoked'));
    await Promise.all(finished.map((each) => expect(each).rejects.toThrow('revoked')));
    answers[0]?.resolve();
    await setImmediate();
    expect(log).toEqual(['open', '1 → 2', 'close']);
  });

  it('stop the worker when the brokers do not allow them', async () => {
    const { record, fail } = world();
    const one = await record(1n);
    fail(protocolError('TRANSACTIONAL_ID_AUTHORIZATION_FAILED'));
    await expect(one.finish()).rejects.toMatchObject({ kind: 'fatal', code: 'invalid-configuration' });
  });
});
