import { once } from 'node:events';
import net from 'node:net';

const produceRequest = 0;
/** Oldest version that Kafka 4 accepts. */
const version = 3;

/**
 * Writes an encoded batch to partition 0 of a topic of a cluster with one broker. A producer of kafkajs needs minutes
 * for 200,000 records. Rejects when the broker refuses the batch.
 */
export async function produceRaw(broker: string, topic: string, batch: Buffer): Promise<void> {
  const request = Buffer.concat([
    ...[int16(produceRequest), int16(version), int32(1), text('test')],
    ...[int16(-1), int16(-1), int32(30_000)], // no transaction, all replicas, timeout
    ...[int32(1), text(topic), int32(1), int32(0), int32(batch.length), batch],
  ]);
  const { hostname: host, port } = new URL(`kafka://${broker}`);
  const socket = net.connect({ host, port: Number(port) });
  await once(socket, 'connect');
  socket.write(Buffer.concat([int32(request.length), request]));
  const [answer] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  // Size, number of the request, one topic with its name, one partition with its number.
  const code = answer.readInt16BE(4 + 4 + 4 + text(topic).length + 4 + 4);
  if (code !== 0) throw new Error(`the broker refuses the batch with code ${code}`);
}

function int16(number: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(number);
  return bytes;
}

function int32(number: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(number);
  return bytes;
}

function text(value: string): Buffer {
  return Buffer.concat([int16(Buffer.byteLength(value)), Buffer.from(value)]);
}
