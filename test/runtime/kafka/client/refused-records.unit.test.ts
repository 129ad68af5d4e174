import kafkajs, { type Kafka, type ProducerBatch } from 'kafkajs'; // CommonJS: its error classes are no named exports
import { describe, expect, it } from 'vitest';
import { createPublisher } from '../../../../runtime/kafka/client/producer.js';
import { sendWithoutRefused } from '../../../../runtime/kafka/client/refused-records.js';
import type { OutgoingMessage } from '../../../../runtime/records/message.js';

const limit = 1_000;

function brokerError(type: string): Error {
  const answer = new kafkajs.KafkaJSProtocolError({ type, message: 'The broker says no.' } as never);
  return Object.assign(new kafkajs.KafkaJSNonRetriableError(answer), { cause: answer });
}

/** Messages named `0`, `1`, ... with values of these sizes (bytes). */
function messagesOf(...sizes: readonly number[]): OutgoingMessage[] {
  return sizes.map((size, index) => ({
    topic: 't',
    key: Buffer.from(String(index)),
    value: Buffer.alloc(size),
    headers: {},
  }));
}

/** A broker that refuses a request with a value above the limit. */
function smallBroker(type = 'MESSAGE_TOO_LARGE') {
  const requests: string[][] = [];
  const written: string[] = [];
  function write(messages: readonly Pick<OutgoingMessage, 'key' | 'value'>[]): Promise<void> {
    const names = messages.map(({ key }) => String(key));
    requests.push(names);
    if (messages.some(({ value }) => (value?.length ?? 0) > limit)) return Promise.reject(brokerError(type));
    written.push(...names);
    return Promise.resolve();
  }
  return { requests, written, write };
}

describe('sending without the refused records', () => {
  it('needs one request when nothing is refused', async () => {
    const { requests, write } = smallBroker();
    expect(await sendWithoutRefused(messagesOf(1, 2), write)).toEqual(new Map());
    expect(requests).toEqual([['0', '1']]);
  });

  it.each([
    { sizes: [9_000, 1, 1, 1], at: 0, requests: 3 },
    { sizes: [1, 1, 9_000, 1], at: 2, requests: 5 },
    { sizes: [1, 1, 1, 9_000], at: 3, requests: 3 },
  ])('finds the large record at $at with $requests requests', async ({ sizes, at, requests: count }) => {
    const { requests, written, write } = smallBroker();
    const messages = messagesOf(...sizes);
    const refused = await sendWithoutRefused(messages, write);
    expect([...refused.keys()]).toEqual([messages[at]]);
    expect([...refused.values()]).toMatchObject([{ code: 'too-large', kind: 'permanent' }]);
    expect(written).toEqual(['0', '1', '2', '3'].filter((name) => name !== String(at)));
    expect(requests).toHaveLength(count);
  });

  it('finds several refused records among many, and keeps the order of the others', async () => {
    const { written, write } = smallBroker('RECORD_LIST_TOO_LARGE');
    const messages = messagesOf(...Array.from({ length: 40 }, (_, index) => (index % 13 === 5 ? 5_000 : 10)));
    const refused = await sendWithoutRefused(messages, write);
    expect([...refused.keys()].map(({ key }) => String(key))).toEqual(['5', '18', '31']);
    expect(written.map(Number)).toEqual([...written.map(Number)].sort((a, b) => a - b));
    expect(written).toHaveLength(37);
  });

  it('divides a request without a large record when the batch as a whole is too large', async () => {
    const sent: number[] = [];
    const refused = await sendWithoutRefused(messagesOf(400, 400, 400, 400), (messages) => {
      if (messages.length > 2) return Promise.reject(brokerError('MESSAGE_TOO_LARGE'));
      sent.push(messages.length);
      return Promise.resolve();
    });
    expect([refused.size, sent.reduce((sum, count) => sum + count, 0)]).toEqual([0, 4]);
  });

  it('names a record that the checks of the broker refuse', async () => {
    const refused = await sendWithoutRefused(messagesOf(9_000), smallBroker('INVALID_RECORD').write);
    expect([...refused.values()]).toMatchObject([{ code: 'invalid-event', kind: 'permanent' }]);
  });

  it.each(['UNKNOWN_TOPIC_OR_PARTITION', 'TOPIC_AUTHORIZATION_FAILED', 'NOT_LEADER_FOR_PARTITION'])(
    'rejects with %s, which is the fault of no record',
    async (type) => {
      const { requests, write } = smallBroker(type);
      await expect(sendWithoutRefused(messagesOf(9_000, 1), write)).rejects.toBeInstanceOf(kafkajs.KafkaJSError);
      expect(requests).toHaveLength(1);
    },
  );
});

it('a publisher rejects only the call whose record is too large', async () => {
  const broker = smallBroker();
  const release: (() => void)[] = [];
  const producer = {
    connect: () => Promise.resolve(),
    disconnect: () => Promise.resolve(),
    async sendBatch({ topicMessages = [] }: ProducerBatch) {
      // The first request waits, so that the calls below share the second one.
      if (release.length === 0) await new Promise<void>((resolve) => release.push(resolve));
      await broker.write(topicMessages.flatMap(({ messages }) => messages) as unknown as OutgoingMessage[]);
    },
  };
  const publisher = await createPublisher({ producer: () => producer } as unknown as Kafka, {
    maxRequestBytes: 100_000,
    maxInFlight: 1,
  });
  const [first, ...others] = messagesOf(1, 2, 9_000, 3) as [OutgoingMessage, ...OutgoingMessage[]];
  const calls = [publisher.publish([first]), ...others.map((message) => publisher.publish([message]))];
  release[0]?.();
  expect((await Promise.allSettled(calls)).map(({ status }) => status)).toEqual([
    'fulfilled',
    'fulfilled',
    'rejected',
    'fulfilled',
  ]);
  await expect(calls[2]).rejects.toMatchObject({ code: 'too-large' });
  expect(broker.requests[1]).toEqual(['1', '2', '3']);
});
