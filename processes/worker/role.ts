import type { Consumption } from '../../runtime/consumption/consumption.js';
import type { WorkerServices } from '../../runtime/services.js';
import type { GroupDeclaration } from '../../topology/groups.js';
import type { Lane } from '../../topology/lanes.js';
import type { GroupPlan, Topology } from '../../topology/topology.js';
import type { Config } from '../config.js';

/** Arguments of `fanlight worker`, with the services of the process. */
export interface RoleContext {
  /** Name of the role in `fanlight worker <role>`. */
  readonly name: string;
  readonly lanes: readonly Lane[];
  /** Name of the dedicated queue that it reads; null: the queue for clients that have none. */
  readonly queue: string | null;
  /** Consumer groups of the stage of that name, in these lanes and this queue. Empty for a role that is not a stage. */
  readonly plans: readonly GroupPlan[];
  readonly topology: Topology;
  readonly config: Config;
  readonly services: WorkerServices;
  readonly environment: NodeJS.ProcessEnv;
}

export interface OpenedRole {
  /** The worker starts all of them. */
  readonly consumptions: readonly Consumption[];
  /** Called once the consumers have stopped. */
  close(): Promise<void>;
}

/** Servers of the compose file that a worker may need besides Kafka and the registry. */
export type ComposeServer = 'redis' | 'redis-results' | 's3' | 'solr';

/** Container of a role in the compose file. */
export interface Container {
  readonly needs: readonly ComposeServer[];
  /** Default: 512m. */
  readonly memory?: string;
}

/**
 * The work of a worker process. A role is one file in `roles/` and one entry in `roles.ts`. The commands `worker`,
 * `topology`, `status` and `up`, the compose file and the table in docs/operations.md follow from it.
 */
export interface Role {
  /** Names under which `fanlight worker` starts it. */
  names(topology: Topology): readonly string[];
  /** Its consumer groups. The `role` of each is one of the names. */
  groups(topology: Topology): readonly GroupDeclaration[];
  /** Whether it processes photos. Its heap growth is then set for them, and its niceness is that of its lanes. */
  readonly handlesPhotos: boolean;
  /** Whether it runs the groups of the topology that have its name. In a lane without such a group it has no work. */
  readonly readsPlans: boolean;
  container(name: string): Container;
  open(context: RoleContext): Promise<OpenedRole>;
}

/** `close` of roles that open nothing besides their consumers. */
export const nothingToClose = () => Promise.resolve();
