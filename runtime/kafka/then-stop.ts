import type { RunningConsumer } from './consumer.js';

/** The consumer, with something that stops after it. */
export function thenStop(consumer: RunningConsumer, other: { stop(): Promise<void> }): RunningConsumer {
  return {
    group: consumer.group,
    get ready() {
      return consumer.ready;
    },
    get lastProgressAt() {
      return consumer.lastProgressAt;
    },
    get held() {
      return consumer.held;
    },
    restart: (reason) => consumer.restart(reason),
    async stop(graceMs) {
      await consumer.stop(graceMs);
      await other.stop();
    },
  };
}
