import type { RunningConsumer } from './consumer.js';

export interface StopHooks {
  beforeStop?(): void;
  afterStop?(): Promise<void> | void;
}

/** Adds hooks to a consumer that run right before and after it stops. All else is that of the consumer. */
export function withStopHooks(consumer: RunningConsumer, hooks: StopHooks): RunningConsumer {
  const hooked = Object.create(consumer) as RunningConsumer;
  return Object.assign(hooked, {
    async stop(graceMs: number): Promise<void> {
      hooks.beforeStop?.();
      await consumer.stop(graceMs);
      await hooks.afterStop?.();
    },
  });
}
