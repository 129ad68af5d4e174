import { retryGroups } from '../../../topology/groups.js';
import { nothingToClose, type Role } from '../role.js';

const name = 'retry';

/** Returns records of retry topics to their queues. */
export const retryRole: Role = {
  names: () => [name],
  groups: ({ lanes }) => lanes.flatMap((lane) => retryGroups(name, lane)),
  handlesPhotos: false,
  readsPlans: false,
  container: () => ({ needs: [] }),
  async open({ lanes, services }) {
    const { retryConsumptions } = await import('../../../runtime/failures/retry-consumption.js');
    return { consumptions: lanes.flatMap((lane) => retryConsumptions(lane, services.clock)), close: nothingToClose };
  },
};
