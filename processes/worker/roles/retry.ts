import { startRetryWorkers } from '../../../runtime/failures/retry-consumption.js';
import { nothingToClose, type Role } from '../role.js';

/** Returns records of retry topics to their queues. */
export const retryRole: Role = {
  names: () => ['retry'],
  handlesPhotos: false,
  readsPlans: false,
  async start({ lanes, services }) {
    const relays = await Promise.all(lanes.map((lane) => startRetryWorkers(lane, services)));
    return { consumers: relays.flat(), close: nothingToClose };
  },
};
