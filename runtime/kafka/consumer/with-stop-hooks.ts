import type { RunningConsumer } from './consumer.js';

export interface Alongside {
  beforeStop?(): void;
  afterStop?(): Promise<void> | void;
}

/** The consumer, with what has to happen right before or after it stops. */
export function alongside(consumer: RunningConsumer, { beforeStop, afterStop }: Alongside): RunningConsumer {
  return {
    group: consumer.group,
    topics: consumer.topics,
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
      beforeStop?.();
      await consumer.stop(graceMs);
      await afterStop?.();
    },
  };
}
