import { pino } from 'pino';
import { expect, it } from 'vitest';
import { FREE_PORTS } from '../../../../local/servers/port-numbers.js';
import { ensureTopics, withAdmin } from '../../../../runtime/kafka/topics/admin.js';
import { createKafka } from '../../../../runtime/kafka/client/client.js';
import { inheritOffsets } from '../../../../runtime/kafka/topics/inherited-offsets.js';
import { refuseUnreadQueues } from '../../../../runtime/kafka/topics/unread-queues.js';
import { groupOf } from '../../../../topology/topology.js';
import { topics } from '../../../../schemas/topics.js';
import { fanlightTopology } from '../../../../topology/main.js';
import { oneBroker } from '../one-broker.js';

const startBroker = oneBroker('second-start');

it('inherits committed offsets from a broker that has just started and still loads them', async () => {
  const topology = fanlightTopology('compact');
  const { addresses, ports, stop } = await startBroker(FREE_PORTS);
  const kafka = createKafka({
    brokers: addresses.kafkaBrokers,
    clientId: 'second-start-test',
    logger: pino({ level: 'silent' }),
  });
  await ensureTopics(kafka, topology, 1);
  const topic = topics.listingImages('bulk');
  const [fetch, share] = ['fetch', 'share'].map((stage) => groupOf(topics.queue(stage, 'bulk'))) as [string, string];
  await withAdmin(kafka, (admin) =>
    admin.setOffsets({ groupId: fetch, topic, partitions: [{ partition: 0, offset: '0' }] }),
  );
  await stop();

  await startBroker(ports);
  await refuseUnreadQueues(kafka, topology);
  await inheritOffsets(kafka, topology);
  const [found] = await withAdmin(kafka, (admin) => admin.fetchOffsets({ groupId: share, topics: [topic] }));
  expect(found?.partitions.find(({ partition }) => partition === 0)?.offset).toBe('0');
});
