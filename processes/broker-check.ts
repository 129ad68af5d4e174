import { connect } from 'node:net';
import { FanlightError } from '../schemas/failure.js';

const connectTimeoutMs = 3_000;

/**
 * Throws `host-unreachable` when no broker accepts a connection. Without this check, a Kafka client would retry for a
 * minute, and its error names no remedy.
 */
export async function checkBrokers(brokers: readonly string[]): Promise<void> {
  const answers = await Promise.all(brokers.map(accepts));
  if (answers.includes(true)) return;
  throw new FanlightError({
    code: 'host-unreachable',
    message: `No Kafka broker answers at ${brokers.join(', ')}.`,
    remedy: 'Start the platform with `npm start` or `fanlight up --detach`, or correct FANLIGHT_KAFKA_BROKERS.',
  });
}

function accepts(broker: string): Promise<boolean> {
  const [host, port] = broker.split(':');
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port), timeout: connectTimeoutMs });
    const answer = (open: boolean) => () => {
      socket.destroy();
      resolve(open);
    };
    socket.once('connect', answer(true)).once('timeout', answer(false)).once('error', answer(false));
  });
}
