import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { afterAll, describe, expect, test } from 'vitest';
import { withAdmin } from '../../../runtime/kafka/topics/admin.js';
import { createCallbackPublishers } from '../../../jobs/callbacks/kafka/publishers.js';
import { createKafka } from '../../../runtime/kafka/client/client.js';
import { readRanges, wholeTopics } from '../../../runtime/kafka/read/ranges.js';
import type { Message } from '../../../runtime/records/message.js';
import { createKafkaCallback } from '../../../jobs/callbacks/kafka/callback.js';
import { storeAddress } from '../../sinks/store-address.js';
import { callbackConformance } from './conformance.js';
import { endOf, jobResult, partOf } from './deliveries.js';

const brokers = storeAddress('FANLIGHT_TEST_KAFKA_BROKERS');

describe.skipIf(brokers === undefined)('Kafka', () => {
  if (brokers === undefined) return;
  const kafka = createKafka({
    brokers: brokers.split(','),
    clientId: 'callback-test',
    logger: pino({ level: 'silent' }),
  });
  const { publishTo, close } = createCallbackPublishers(kafka);
  afterAll(close);

  const create = (topic: string) =>
    withAdmin(kafka, (admin) => admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 1 }] }));
  const remove = (topic: string) => withAdmin(kafka, (admin) => admin.deleteTopics({ topics: [topic] }));

  async function read(topic: string): Promise<Message[]> {
    const messages: Message[] = [];
    await readRanges(kafka, await wholeTopics(kafka, [topic]), (message) => messages.push(message));
    return messages;
  }

  callbackConformance({
    name: 'kafka',
    async fixture() {
      const topic = `callback-${randomUUID()}`;
      await create(topic);
      // `down` switches to a missing topic, because one test cannot cut off the broker.
      const missing = `callback-${randomUUID()}`;
      const target = { kind: 'kafka', endpoint: `kafka:${topic}`, place: topic };
      return {
        target,
        callback: createKafkaCallback(publishTo),
        received: async () =>
          (await read(target.place)).map(({ headers, value }) => ({
            id: headers['ce_id'] ?? '',
            document: JSON.parse(String(value)) as unknown,
          })),
        async down() {
          target.place = missing;
        },
        restore: () => create(missing).then(() => undefined),
        async dispose() {
          await Promise.all([remove(topic), ...(target.place === missing ? [remove(missing)] : [])]);
        },
      };
    },
  });

  test('keys results by listing, and describes each record in CloudEvents headers', async () => {
    const topic = `callback-${randomUUID()}`;
    await create(topic);
    const callback = createKafkaCallback(publishTo);
    for (const delivery of [partOf('J', 3, 4), endOf('J', 1)])
      await callback.deliver({ kind: 'kafka', endpoint: '', place: topic }, delivery, new AbortController().signal);
    const shared = {
      ce_specversion: '1.0',
      ce_source: '/fanlight/callbacks',
      ce_time: '2026-01-02T03:04:05.000Z',
      'content-type': 'application/json',
      'fl-job': 'J',
    };
    expect((await read(topic)).map(({ key, headers }) => ({ key: String(key), headers }))).toEqual([
      { key: 'listing-3', headers: { ...shared, ce_id: jobResult('J', 3).id, ce_type: 'fanlight.job-result.v1' } },
      { key: 'J', headers: { ...shared, ce_id: endOf('J', 1).id, ce_type: 'fanlight.job-summary.v1' } },
    ]);
    await remove(topic);
  });

  test('throws a permanent failure for a record that is too large for the topic', async () => {
    const topic = `callback-${randomUUID()}`;
    await withAdmin(kafka, (admin) =>
      admin.createTopics({
        waitForLeaders: true,
        topics: [{ topic, configEntries: [{ name: 'max.message.bytes', value: '2000' }] }],
      }),
    );
    const delivery = partOf('J', 0, 1, '.'.repeat(4_000));
    await expect(
      createKafkaCallback(publishTo).deliver(
        { kind: 'kafka', endpoint: '', place: topic },
        delivery,
        new AbortController().signal,
      ),
    ).rejects.toMatchObject({ code: 'callback-refused', kind: 'permanent' });
    await remove(topic);
  });
});
