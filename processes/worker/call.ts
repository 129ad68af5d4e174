import { FanlightError } from '../../schemas/failure.js';
import { isLaneName, laneNames, type LaneName } from '../../schemas/lanes.js';
import type { Lane } from '../../topology/lanes.js';
import { dedicatedQueueOf, shareStage, type GroupPlan, type Topology } from '../../topology/topology.js';
import type { Role } from './role.js';
import { roleNamed, roleNames } from './roles.js';

export function chooseLanes(list: string | undefined, topology: Topology): readonly Lane[] {
  const names = list === undefined ? [...laneNames] : list.split(',').map((name) => name.trim());
  const unknown = names.filter((name) => !isLaneName(name));
  if (unknown.length > 0)
    throw wrongCall(`There is no lane ${unknown.join(', ')}.`, `Choose from: ${laneNames.join(', ')}.`);
  return topology.lanes.filter(({ name }) => names.includes(name));
}

/** The consumer groups of a stage. Throws `invalid-configuration` for a dedicated queue that it does not read. */
export function plansOf(
  stage: string,
  lanes: readonly Lane[],
  queue: string | null,
  topology: Topology,
): readonly GroupPlan[] {
  const plans = topology.plans.filter(
    (plan) => plan.stage === stage && lanes.includes(plan.lane) && dedicatedQueueOf(plan) === queue,
  );
  if (queue !== null && plans.length === 0) throw noSuchQueue(stage, lanes, queue, topology);
  return plans;
}

function noSuchQueue(stage: string, lanes: readonly Lane[], queue: string, topology: Topology): FanlightError {
  const known = topology.dedicated
    .filter(({ lane }) => lanes.some(({ name }) => name === lane))
    .map(({ name, lane }) => `${name} in ${lane}`);
  return wrongCall(
    `The stage ${stage} has no dedicated queue ${queue} in these lanes.`,
    known.length === 0
      ? 'Name the queue in FANLIGHT_DEDICATED.'
      : `Choose from: ${known.join(', ')}; \`fanlight topology\` shows the stages of each.`,
  );
}

/**
 * Returns the role of that name. Throws `invalid-configuration` when there is none, or when it has no work in these
 * lanes.
 */
export function chooseRole(name: string, lanes: readonly Lane[], topology: Topology): Role {
  const role = roleNamed(name, topology);
  if (role === undefined)
    throw wrongCall(`There is no stage ${JSON.stringify(name)}.`, `Choose from: ${roleNames(topology).join(', ')}.`);
  if (role.readsPlans && !topology.plans.some((plan) => plan.stage === name && lanes.includes(plan.lane)))
    throw noWork(name, lanes, topology);
  return role;
}

function noWork(stage: string, lanes: readonly Lane[], topology: Topology): FanlightError {
  if (stage === shareStage)
    return wrongCall(
      `No clients share ${lanes.map(({ name }) => name).join(' and ')}.`,
      `Start \`fanlight worker ${shareStage}\` for other lanes.`,
    );
  const inside = topology.plans
    .filter((plan) => plan.kind !== 'share')
    .filter((plan) => plan.members.includes(stage) && lanes.includes(plan.lane));
  if (inside.length === 0)
    return wrongCall(
      `No pipeline has work for the stage ${stage}.`,
      'Start no worker for it; `fanlight topology` shows which stages have work.',
    );
  const names: LaneName[] = inside.map(({ lane }) => lane.name);
  return wrongCall(
    `In ${names.join(' and ')}, ${stage} runs inside the stage ${inside[0]?.stage ?? ''}.`,
    `Start \`fanlight worker ${inside[0]?.stage ?? ''} --lanes ${names.join(',')}\` instead.`,
  );
}

function wrongCall(message: string, remedy: string): FanlightError {
  return new FanlightError({ code: 'invalid-configuration', message, remedy });
}
