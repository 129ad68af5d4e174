/**
 * A worker that passes each record of its input topics on to an output topic. Arguments: delivery mode, brokers, and
 * the names of its streams, separated by commas. The stream `s` goes from `s.in` to `s.out`.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { pino } from 'pino';
import { systemClock as clock } from '../../../../primitives/clock.js';
import { startConsumption } from '../../../../runtime/consumption/loop.js';
import { createKafka } from '../../../../runtime/kafka/client/client.js';
import { createPublisher } from '../../../../runtime/kafka/client/producer.js';
import { createMemoryCodec } from '../../../../runtime/memory/memory-codec.js';
import { createMetrics } from '../../../../runtime/metrics.js';
import { createSeal } from '../../../../runtime/records/seal.js';
import type { DeliveryMode, WorkerServices } from '../../../../runtime/services.js';

const [mode = '', brokers = '', streams = ''] = process.argv.slice(2);
const logger = pino({ level: 'warn' }, pino.destination({ dest: 2, sync: true }));
const kafka = createKafka({ brokers: brokers.split(','), clientId: `passing-${process.pid}`, logger });
const services: WorkerServices = {
  ...{ kafka, clock, logger, delivery: mode as DeliveryMode, random: Math.random, randomHex: () => '' },
  ...{ publisher: await createPublisher(kafka), codec: createMemoryCodec(), metrics: createMetrics() },
  seal: createSeal(),
  onFatal(error) {
    logger.error({ err: error }, 'fatal');
    process.exit(1);
  },
};
const consumers = await Promise.all(
  streams.split(',').map((stream) =>
    startConsumption(
      {
        ...{ kind: 'records', group: `fanlight.${stream}`, topics: [`${stream}.in`], stage: 's', laneOf: () => 'bulk' },
        ...{ failures: { kind: 'stop' }, window: { items: 16, bytes: 2 ** 20 }, transactionsEveryMs: 0 },
        async handler({ value, offset }) {
          await delay(Number(offset % 7n) * 10); // records overtake each other
          return [{ topic: `${stream}.out`, key: null, value, headers: {} }];
        },
      },
      services,
    ),
  ),
);
process.once('SIGTERM', () => {
  void Promise.all(consumers.map((consumer) => consumer.stop(2_000))).then(() => process.exit(0));
});
process.stdout.write('ready\n');
