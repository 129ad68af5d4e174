import { system } from '../../../primitives/system.js';
import type { Random } from '../../../primitives/seeded-random.js';
import type { Connection, KafkaClient } from '../kafka/connection.js';
import type { Scheduler } from './scheduler.js';

interface Running {
  readonly scheduler: Scheduler;
  readonly random: Random;
  /** The broker that clients of kafkajs connect to. */
  readonly kafka: { connect(client: KafkaClient, timeoutMs: number): Promise<Connection> };
}

let running: Running | undefined;

/** The simulation that runs now. Code of the product and of kafkajs gets its time and its chance from it. */
export function simulation(): Running {
  if (running === undefined) throw new Error('no simulation runs');
  return running;
}

/** Calls `task` in the process whose code runs now. */
export function scheduleHere(delayMs: number, task: () => void): () => void {
  const { scheduler } = simulation();
  return scheduler.after(delayMs, scheduler.current, task);
}

/** From now on, `system` of the product is that of this simulation. Simulations run one after another. */
export function enterSimulation(entered: Running): void {
  running = entered;
  Object.assign(system, {
    now: () => Math.floor(simulation().scheduler.now),
    monotonicMs: () => simulation().scheduler.now,
    random: () => simulation().random(),
    schedule: scheduleHere,
    scheduleInBackground: scheduleHere,
    nextTurn: (task: () => void) => void scheduleHere(0, task),
    timeout(delayMs: number) {
      const controller = new AbortController();
      scheduleHere(delayMs, () => controller.abort(new DOMException('the time is over', 'TimeoutError')));
      return controller.signal;
    },
  });
}
