import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import net from 'node:net';
import { Kafka, logLevel } from 'kafkajs';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { sleep, systemClock as clock } from '../../../../primitives/clock.js';
import { startConsumer } from '../../../../runtime/kafka/consumer/consumer.js';
import { fetchLag, totalLag } from '../../../../runtime/kafka/lag/lag.js';
import { withAdmin } from '../../../../runtime/kafka/topics/admin.js';
import { serverAddress } from '../../../support/worker-services.js';

const topic = `zombie-${randomUUID()}`;
const group = `fanlight.${topic}`;
const broker = serverAddress('KAFKA_BROKERS').split(',')[0] ?? '';
const random = Math.random;

/** Numbers of requests in the protocol of Kafka. */
const requests = { join: 11, leave: 13 };

/** A client whose next request to join a group finds its connection cut. */
function cuttableKafka() {
  let cutJoin = false;
  const kafka = new Kafka({
    brokers: [broker],
    logLevel: logLevel.NOTHING,
    socketFactory({ host, port, onConnect }) {
      const socket = net.connect({ host, port }, onConnect);
      const write: (data: Buffer) => boolean = socket.write.bind(socket);
      socket.write = function writeOrCut(data: Buffer) {
        if (!cutJoin || data.readInt16BE(4) !== requests.join) return write(data);
        cutJoin = false;
        socket.destroy(new Error('cut'));
        return false;
      };
      return socket;
    },
  });
  return { kafka, cutNextJoin: () => void (cutJoin = true), isCut: () => !cutJoin };
}

/** Tells the broker that the member leaves, without its knowledge. */
async function expel(memberId: string): Promise<void> {
  const text = (value: string) => {
    const bytes = Buffer.from(value);
    const length = Buffer.alloc(2);
    length.writeInt16BE(bytes.length);
    return Buffer.concat([length, bytes]);
  };
  const head = Buffer.alloc(8); // request, version, correlation id
  head.writeInt16BE(requests.leave, 0);
  head.writeInt16BE(1, 2);
  const body = Buffer.concat([head, text('test'), text(group), text(memberId)]);
  const size = Buffer.alloc(4);
  size.writeInt32BE(body.length);
  const { hostname: host, port } = new URL(`kafka://${broker}`);
  const socket = net.connect({ host, port: Number(port) });
  await once(socket, 'connect');
  socket.write(Buffer.concat([size, body]));
  await once(socket, 'data');
  socket.destroy();
}

it('joins again when kafkajs has lost its member id and reads on without it', async () => {
  const { kafka, cutNextJoin, isCut } = cuttableKafka();
  await withAdmin(kafka, (admin) =>
    admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 2 }] }),
  );
  const finished: string[] = [];
  const restarts: string[] = [];
  const fatal: unknown[] = [];
  const consumer = await startConsumer({
    ...{ kafka, group, topics: [topic], fromBeginning: true, clock, random, logger: pino({ level: 'silent' }) },
    window: { items: 16, bytes: 2 ** 20 },
    async process({ value }, signal) {
      await sleep(clock, 50, signal);
      finished.push(String(value));
    },
    onFatal: (error) => fatal.push(error),
    onRestart: (reason) => restarts.push(reason),
  });
  const producer = kafka.producer();
  await producer.connect();
  const send = (value: string) => producer.send({ topic, messages: [{ value }] });
  const members = () =>
    withAdmin(kafka, async (admin) => (await admin.describeGroups([group])).groups[0]?.members ?? []);
  const lag = () => withAdmin(kafka, async (admin) => totalLag(await fetchLag(admin, group, [topic])));

  await send('before');
  await expect.poll(lag, { timeout: 10_000 }).toBe(0);
  const [member] = await members();
  cutNextJoin();
  await expel(member?.memberId as string);
  await expect.poll(isCut, { timeout: 10_000 }).toBe(true);
  await send('without membership');
  await expect.poll(members, { timeout: 20_000, interval: 500 }).toHaveLength(1);
  expect(consumer.ready).toBe(true);
  await expect.poll(lag, { timeout: 10_000 }).toBe(0);
  expect(finished.filter((value) => value === 'before')).toHaveLength(1);
  expect(finished).toContain('without membership');
  expect(restarts.length).toBeLessThanOrEqual(1);
  expect(fatal).toEqual([]);
  await producer.disconnect();
  await consumer.stop(1_000);
}, 60_000);
