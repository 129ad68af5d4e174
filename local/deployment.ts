import { consumerGroups } from '../processes/worker/groups.js';
import type { Role } from '../processes/worker/role.js';
import { roles } from '../processes/worker/roles.js';
import { dedicatedQueueOf, shareStage, type Topology } from '../topology/topology.js';

/** One process of a deployment, started by the `fanlight` command with `args`. */
export interface ProcessPlan {
  readonly name: string;
  readonly args: readonly string[];
  /** Whether photos can be tagged only once this process runs; other processes start later. */
  readonly essential: boolean;
  /** Added to the NODE_OPTIONS of the environment. */
  readonly nodeOptions?: string;
  /** Whether the process returns freed memory to the system at once. */
  readonly frugal?: boolean;
}

/**
 * Heap limit of the gateway. It holds little at a time, but V8 would let garbage pile up: with this limit its memory
 * stays flat for a job of any length.
 */
export const gatewayHeapMiB = 192;
export const gatewayNodeOptions = `--max-old-space-size=${gatewayHeapMiB} --max-semi-space-size=4`;

/**
 * Returns the processes of a deployment on one machine:
 * - one for each group of fused stages, and another one for `realtime`, so that its work never waits for a bulk batch;
 * - one that shares the other lanes among clients;
 * - one for each group of a dedicated queue;
 * - the gateway;
 * - one for each other role in the list of consumer groups.
 */
export function localDeployment(topology: Topology, all: readonly Role[] = roles): ProcessPlan[] {
  const [first, ...others] = topology.lanes.map(({ name }) => name);
  const stages = [[first], others].flatMap((lanes) =>
    [shareStage, ...topology.stages.map(({ name }) => name)].flatMap((stage) => {
      const led = lanes.filter((lane) =>
        topology.plans.some(
          (plan) => plan.stage === stage && plan.lane.name === lane && dedicatedQueueOf(plan) === null,
        ),
      );
      return led.length === 0
        ? []
        : [{ name: `${stage}.${led.join('+')}`, args: ['worker', stage, '--lanes', led.join(',')], essential: true }];
    }),
  );
  const dedicated = topology.plans.flatMap((plan) => {
    const { stage, lane } = plan;
    const queue = dedicatedQueueOf(plan);
    return queue === null
      ? []
      : [
          {
            name: `${stage}.${lane.name}.${queue}`,
            args: ['worker', stage, '--lanes', lane.name, '--queue', queue],
            essential: true,
          },
        ];
  });
  const gateway = {
    name: 'gateway',
    args: ['gateway'],
    essential: false,
    nodeOptions: gatewayNodeOptions,
    frugal: true,
  };
  const workers = otherRoles(topology, all).map((name) => ({ name, args: ['worker', name], essential: false }));
  return [...stages, ...dedicated, gateway, ...workers];
}

/** Returns the roles that are not stages; one process per role serves all groups of that role. */
function otherRoles(topology: Topology, all: readonly Role[]): string[] {
  const stages = new Set([shareStage, ...topology.stages.map(({ name }) => name)]);
  return [...new Set(consumerGroups(topology, all).map(({ role }) => role))].filter((role) => !stages.has(role));
}
