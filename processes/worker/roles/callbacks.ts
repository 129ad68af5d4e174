import { openCallbacksWorker } from '../open-callbacks.js';
import type { Role } from '../role.js';

/** Delivers results of jobs to the callbacks of their clients. */
export const callbacksRole: Role = {
  names: () => ['callbacks'],
  handlesPhotos: false,
  readsPlans: false,
  async start({ config, services, environment }) {
    const { deliveries, relays, close } = await openCallbacksWorker(config, services, environment);
    return { consumers: [deliveries, ...relays], close };
  },
};
