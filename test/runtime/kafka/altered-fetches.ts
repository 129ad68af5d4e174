import net from 'node:net';
import { Kafka, logLevel } from 'kafkajs';
import { crc32c } from '../../../runtime/kafka/decoding/crc32c.js';

/** Number of fetches in the protocol of Kafka. */
const fetchRequest = 1;
/** Bytes before the first record. */
const headerBytes = 61;
/** Longest distance from the header of a batch to the key of its first record (bytes). */
const maxKeyDistance = 20;

/** Changes a batch in place. */
export type Alteration = (batch: Buffer) => void;

/**
 * Creates a client for which the answers to fetches are altered on their way: each whole batch whose first key is a
 * name in `alterations`. Brokers refuse such batches when they are written.
 */
export function kafkaWithAlteredFetches(brokers: readonly string[], alterations: ReadonlyMap<string, Alteration>) {
  return new Kafka({
    brokers: [...brokers],
    logLevel: logLevel.NOTHING,
    socketFactory({ host, port, onConnect }) {
      const socket = net.connect({ host, port }, onConnect);
      alterAnswers(socket, (answer) => {
        for (const [key, alter] of alterations) alterBatch(answer, Buffer.from(key), alter);
      });
      return socket;
    },
  });
}

/** Passes each answer to a fetch through `alter` before the client sees it. */
function alterAnswers(socket: net.Socket, alter: (answer: Buffer) => void): void {
  const fetches = new Set<number>();
  const write: (data: Buffer) => boolean = socket.write.bind(socket);
  socket.write = function writeAndNote(data: Buffer) {
    if (data.readInt16BE(4) === fetchRequest) fetches.add(data.readInt32BE(8));
    return write(data);
  };
  const emit: (event: string | symbol, ...values: unknown[]) => boolean = socket.emit.bind(socket);
  let pending = Buffer.alloc(0);
  socket.emit = function emitAltered(event: string | symbol, ...values: unknown[]) {
    if (event !== 'data') return emit(event, ...values);
    pending = Buffer.concat([pending, values[0] as Buffer]);
    while (pending.length >= 8 && pending.length >= 4 + pending.readInt32BE(0)) {
      const answer = Buffer.from(pending.subarray(0, 4 + pending.readInt32BE(0)));
      pending = pending.subarray(answer.length);
      if (fetches.delete(answer.readInt32BE(4))) alter(answer);
      emit('data', answer);
    }
    return true;
  };
}

function alterBatch(answer: Buffer, key: Buffer, alter: Alteration): void {
  for (let found = answer.indexOf(key); found !== -1; found = answer.indexOf(key, found + 1)) {
    for (let start = found - headerBytes; start >= 0 && start >= found - headerBytes - maxKeyDistance; start -= 1) {
      const batch = answer.subarray(start, start + 12 + answer.readInt32BE(start + 8));
      const isWhole = batch.length > headerBytes && batch.readInt8(16) === 2;
      if (isWhole && batch.readUInt32BE(17) === crc32c(batch.subarray(21))) alter(batch);
    }
  }
}
