import type { RunningConsumer } from './consumer.js';

export interface StopHooks {
  beforeStop?(): void;
  afterStop?(): Promise<void> | void;
}

/** Adds hooks to a consumer that run right before and after it stops. */
export function withStopHooks(consumer: RunningConsumer, hooks: StopHooks): RunningConsumer {
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
      hooks.beforeStop?.();
      await consumer.stop(graceMs);
      await hooks.afterStop?.();
    },
  };
}
