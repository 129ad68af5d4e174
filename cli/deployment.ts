import { sinkCatalogue } from '../sinks/catalogue.js';
import type { Topology } from '../topology/topology.js';

/** One process of a deployment: arguments of the `fanlight` command. */
export interface ProcessPlan {
  readonly name: string;
  readonly args: readonly string[];
  /** Photos can be tagged as soon as these run; the rest follows. */
  readonly essential: boolean;
}

/**
 * What runs on one machine: a process for each group of fused stages, with one more for `realtime` so that its work
 * never waits behind a bulk batch; the gateway; the retry relay; what gathers the results of jobs; a process a sink.
 */
export function localDeployment(topology: Topology): ProcessPlan[] {
  const [first, ...others] = topology.lanes.map(({ name }) => name);
  const stages = [[first], others].flatMap((lanes) =>
    topology.stages.flatMap(({ name: stage }) => {
      const led = lanes.filter((lane) => topology.plans.some((plan) => plan.stage === stage && plan.lane.name === lane));
      return led.length === 0 ? [] : [{ name: `${stage}.${led.join('+')}`, args: ['worker', stage, '--lanes', led.join(',')], essential: true }];
    }),
  );
  const sinks = sinkCatalogue.map(({ name }) => ({ name: `sink-${name}`, args: ['worker', `sink-${name}`], essential: false }));
  return [...stages, { name: 'gateway', args: ['gateway'], essential: false }, { name: 'retry', args: ['worker', 'retry'], essential: false }, { name: 'jobs', args: ['worker', 'jobs'], essential: false }, ...sinks];
}
