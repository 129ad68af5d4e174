import type { RunningConsumer } from '../../runtime/kafka/consumer/consumer.js';
import type { WorkerServices } from '../../runtime/services.js';
import type { Lane } from '../../topology/lanes.js';
import type { StagePlan, Topology } from '../../topology/topology.js';
import type { Config } from '../config.js';

/** What a worker was started for. */
export interface RoleContext {
  /** As `fanlight worker` names it. */
  readonly name: string;
  readonly lanes: readonly Lane[];
  /** Name of the dedicated queue that it reads; null: the queue for clients that have none. */
  readonly queue: string | null;
  /** Consumer groups of the stage of that name, in these lanes and this queue. Empty for roles that are no stage. */
  readonly plans: readonly StagePlan[];
  readonly topology: Topology;
  readonly config: Config;
  readonly services: WorkerServices;
  readonly environment: NodeJS.ProcessEnv;
}

export interface StartedRole {
  readonly consumers: readonly RunningConsumer[];
  /** Called once the consumers have stopped. */
  close(): Promise<void>;
}

/** What a worker process does: one file in roles/, and one entry in the list of `roles.ts`. */
export interface Role {
  /** Names under which `fanlight worker` starts it. */
  names(topology: Topology): readonly string[];
  /** Whether it works on photos: its memory is then set for them, and its niceness is that of its lanes. */
  readonly handlesPhotos: boolean;
  /** Whether it reads the groups of the topology that have its name, and is of no use in a lane without one. */
  readonly readsPlans: boolean;
  start(context: RoleContext): Promise<StartedRole>;
}

/** For roles that hold nothing besides their consumers. */
export const nothingToClose = () => Promise.resolve();
