import type { ModelHost } from '../../../processors/ports.js';
import type { RecordConsumption } from '../../../runtime/consumption/consumption.js';
import type { Lane } from '../../../topology/lanes.js';
import { modelQueueOf } from '../../../topology/model-queue.js';
import { dedicatedQueueOf, type StagePlan, type Topology } from '../../../topology/topology.js';
import type { Role, RoleContext } from '../role.js';

/** Bounds of the records that a consumer of a lane has in flight: count, bytes. */
const windowOf = ({ window }: Lane) => ({ items: window, bytes: 128 * 2 ** 20 });

/** Memory of the containers of stages that hold pixels or models. */
const memory: Readonly<Record<string, string>> = { preprocess: '1g', infer: '2g', inspect: '1g' };
/** Stages that read or write the image store. */
const usesImageStore = ['fetch', 'preprocess', 'crop'];

const stagePlans = ({ plans }: Pick<Topology, 'plans'>): readonly StagePlan[] =>
  plans.filter((plan) => plan.kind !== 'share');

/**
 * Runs the operations of one stage, or of several fused ones, on photos. A worker that has the models of its lane also
 * runs them on tensors.
 */
export const stageRole: Role = {
  names: (topology) => topology.stages.map(({ name }) => name),
  groups(topology) {
    const models = modelQueueOf(topology);
    return [
      ...stagePlans(topology).map((plan) => ({
        name: plan.group,
        role: plan.stage,
        topics: [plan.input],
        lane: plan.lane.name,
        queue: dedicatedQueueOf(plan),
      })),
      ...(models ? [{ name: models.group, role: models.worker, topics: [models.input], lane: models.lane.name }] : []),
    ];
  },
  handlesPhotos: true,
  readsPlans: true,
  container: (name) => ({
    needs: usesImageStore.includes(name) ? ['s3'] : [],
    ...(memory[name] === undefined ? {} : { memory: memory[name] }),
  }),
  async open(context) {
    const { topology, config, services } = context;
    const { followCancellations } = await import('../../../jobs/cancellations.js');
    const { stageConsumption } = await import('../../../runtime/stages/stage-consumption.js');
    const { openSlots } = await import('../../pipeline-ports.js');
    const { openModelPorts } = await import('../models.js');
    const plans = stagePlans(context);
    // Both open before the first record, so that aliases of operators and cancellations of clients apply to it too.
    const [{ ports, close }, cancellations] = await Promise.all([
      openModelPorts(context, plans),
      followCancellations(services),
    ]);
    const slots = openSlots(config.FANLIGHT_THREADS);
    const stages = plans.map((plan) =>
      stageConsumption({
        topology,
        plan,
        ports,
        slots,
        services,
        window: windowOf(plan.lane),
        inlineLimit: config.FANLIGHT_INLINE_LIMIT_BYTES,
        isCancelled: (job) => cancellations.has(job),
      }),
    );
    return {
      consumptions: [...(await Promise.all(stages)), ...(await tensors(context, ports.models))],
      async close() {
        await cancellations.close();
        await close();
      },
    };
  },
};

/** Returns the consumption of tensors, if this worker has the models for it. */
async function tensors(
  { name, lanes, queue: dedicated, topology, services }: RoleContext,
  models: ModelHost,
): Promise<RecordConsumption[]> {
  const queue = modelQueueOf(topology);
  if (queue?.worker !== name || !lanes.includes(queue.lane) || dedicated !== null) return [];
  const { modelConsumption } = await import('../../../runtime/models/model-consumption.js');
  return [modelConsumption({ queue, models, services, window: windowOf(queue.lane) })];
}
