import type { Kafka } from '../kafka/client/client.js';
import type { Logger } from 'pino';
import type { Clock } from '../../primitives/clock.js';
import { repeat } from '../../primitives/timer-loop.js';
import type { StagePlan } from '../../topology/topology.js';
import { createDownstream } from './downstream.js';
import type { Gate } from '../kafka/consumer/intake.js';
import { fetchLag, totalLag } from '../kafka/lag/lag.js';

export interface DownstreamGateOptions {
  readonly kafka: Kafka;
  /** Groups downstream of the group with the gate. */
  readonly later: readonly Pick<StagePlan, 'group' | 'input'>[];
  readonly clock: Clock;
  readonly logger: Logger;
}

const everyMs = 500;

/** Starts a gate that is closed while the later groups have more backlog than they drain in a few seconds. */
export async function startDownstreamGate({
  kafka,
  later,
  clock,
  logger,
}: DownstreamGateOptions): Promise<Gate & { stop(): Promise<void> }> {
  const admin = kafka.admin();
  await admin.connect();
  const downstream = createDownstream();
  let opened: () => void = () => undefined;

  async function sample(): Promise<number> {
    try {
      const lag = (await Promise.all(later.map(({ group, input }) => fetchLag(admin, group, [input])))).flat();
      downstream.observe({
        at: clock.now(),
        waiting: totalLag(lag),
        finished: lag.reduce((sum, { committed }) => sum + Number(committed), 0),
      });
    } catch (error) {
      logger.debug({ error: (error as Error).message }, 'the lag of later groups could not be read');
    }
    if (downstream.open) opened();
    return everyMs;
  }

  await sample();
  const stopSampling = repeat(clock, everyMs, sample);
  return {
    get open() {
      return downstream.open;
    },
    onOpen(listener) {
      opened = listener;
    },
    async stop() {
      void stopSampling();
      await admin.disconnect();
    },
  };
}
