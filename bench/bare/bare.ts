import { openPorts, openSlots } from '../../processes/pipeline-ports.js';
import { openServices } from '../../processes/services.js';
import { readConfig } from '../../processes/config.js';
import { openStage } from '../../runtime/stages/runner.js';
import { fanlightTopology } from '../../topology/main.js';

export interface Bare {
  /** Decodes and infers one photo: its bytes, or a URL of the image store, which is fetched first. */
  tag(photo: string | Buffer, laneName: 'realtime' | 'bulk'): Promise<unknown>;
  close(): Promise<void>;
}

/** Opens Fanlight's own operations in this process, with no broker, sink or other process between them. */
export async function openBare(pipeline: string, threads: number): Promise<Bare> {
  const config = { ...readConfig(process.env), FANLIGHT_THREADS: threads, FANLIGHT_LOG_LEVEL: 'warn' as const };
  const services = await openServices('bare', config, (error) => {
    throw error;
  });
  const topology = fanlightTopology('compact');
  const plan = topology.plans.filter((group) => group.kind === 'entry').find(({ lane }) => lane.name === 'bulk');
  if (!plan) throw new Error('the placement has no group for bulk');
  const ports = openPorts({ config, topology, plans: [plan], services, device: 'cpu' });
  const runner = await openStage({ plan, topology, ports, slots: openSlots(threads) });
  return {
    tag(photo, laneName) {
      const given = typeof photo === 'string' ? { url: photo, content: null } : { url: null, content: photo };
      const event = { listingId: 'bench', imageId: 'bench', ...given, pipeline, attributes: {} };
      return runner.run(
        { event, pipeline, eventTime: 0, content: null, models: [], cached: null, values: new Map(), timings: {} },
        0,
        {
          lane: laneName,
          deadline: undefined,
          imageId: event.imageId,
          client: undefined,
          signal: new AbortController().signal,
          cancelled: () => false,
          waitUntil: () => undefined,
        },
      );
    },
    async close() {
      await ports.close();
      await services.close();
    },
  };
}
