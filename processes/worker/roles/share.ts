import { shareStage, type Topology } from '../../../topology/topology.js';
import { nothingToClose, type Role } from '../role.js';

const sharePlans = ({ plans }: Pick<Topology, 'plans'>) => plans.filter((plan) => plan.kind === 'share');

/** Divides the first queue of a lane among its clients, and passes events to dedicated queues. */
export const shareRole: Role = {
  names: () => [shareStage],
  groups: (topology) =>
    sharePlans(topology).map(({ group, stage, input, lane }) => ({
      name: group,
      role: stage,
      topics: [input],
      lane: lane.name,
    })),
  handlesPhotos: false,
  readsPlans: true,
  container: () => ({ needs: [] }),
  async open({ plans, topology, services }) {
    const { shareConsumption } = await import('../../../runtime/shares/share-consumption.js');
    const consumptions = await Promise.all(
      sharePlans({ plans }).map((plan) => shareConsumption(plan, topology, services)),
    );
    return { consumptions, close: nothingToClose };
  },
};
