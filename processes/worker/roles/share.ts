import { startShareWorker } from '../../../runtime/shares/share-consumption.js';
import { shareStage } from '../../../topology/topology.js';
import { nothingToClose, type Role } from '../role.js';

/** Gives each client its part of the first queue of a lane, or its own queue. */
export const shareRole: Role = {
  names: () => [shareStage],
  handlesPhotos: false,
  readsPlans: true,
  async start({ plans, topology, services }) {
    const consumers = await Promise.all(plans.map((plan) => startShareWorker(plan, topology, services)));
    return { consumers, close: nothingToClose };
  },
};
