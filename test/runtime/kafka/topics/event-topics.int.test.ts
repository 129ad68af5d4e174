import { randomUUID } from 'node:crypto';
import { ConfigResourceTypes } from 'kafkajs';
import { expect, it } from 'vitest';
import { readRanges, wholeTopics } from '../../../../runtime/kafka/read/ranges.js';
import { createTopics, ensureTopics, withAdmin } from '../../../../runtime/kafka/topics/admin.js';
import { letBrokerStamp } from '../../../../runtime/kafka/topics/broker-time.js';
import { topics } from '../../../../schemas/topics.js';
import { fanlightTopology } from '../../../../topology/main.js';
import { openTestServices } from '../../../support/worker-services.js';

it('the broker stamps events, whatever the clock of their producer says', async () => {
  const { kafka, publisher } = await openTestServices('event-topics-test', (error) => {
    throw error;
  });
  await ensureTopics(kafka, fanlightTopology('compact'), 1);
  const topic = topics.listingImages('backfill');
  const producer = kafka.producer();
  await producer.connect();
  const sentAt = Date.now();
  const key = randomUUID();
  const ahead = String(sentAt + 50 * 60_000);
  const longAgo = '0';
  await producer.send({ topic, messages: [ahead, longAgo].map((timestamp) => ({ key, value: timestamp, timestamp })) });
  await producer.disconnect();

  const timestamps = async () => {
    const found: number[] = [];
    await readRanges(kafka, await wholeTopics(kafka, [topic]), (message) => {
      if (message.key?.toString() === key) found.push(message.timestamp);
    });
    return found;
  };
  // A broker that has just created its topics refuses some requests for a while.
  await expect.poll(timestamps, { timeout: 20_000 }).toHaveLength(2);
  const found = await timestamps();
  expect(Math.min(...found)).toBeGreaterThanOrEqual(sentAt - 1_000);
  expect(Math.max(...found)).toBeLessThanOrEqual(Date.now() + 1_000);
  await publisher.close();
});

it('the broker stamps events of a topic that was created otherwise, and its other settings stay', async () => {
  const { kafka, publisher } = await openTestServices('event-topics-test', (error) => {
    throw error;
  });
  const topic = `event-topics-test-${randomUUID()}`;
  const settings = await withAdmin(kafka, async (admin) => {
    await createTopics(admin, [
      { topic, numPartitions: 1, configEntries: [{ name: 'retention.ms', value: '123456' }] },
    ]);
    await letBrokerStamp(admin, [topic]);
    await letBrokerStamp(admin, [topic]);
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: ConfigResourceTypes.TOPIC, name: topic }],
    });
    await admin.deleteTopics({ topics: [topic] });
    return new Map(resources[0]?.configEntries.map(({ configName, configValue }) => [configName, configValue]));
  });
  expect(settings.get('message.timestamp.type')).toBe('LogAppendTime');
  expect(settings.get('retention.ms')).toBe('123456');
  await publisher.close();
});
