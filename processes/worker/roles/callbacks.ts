import { callbackDeliveries } from '../../../topology/callbacks.js';
import { callbacksGroup, callbackSources, retryGroups } from '../../../topology/groups.js';
import type { Role } from '../role.js';

const name = 'callbacks';

/** Delivers results of jobs to the callbacks of their clients. */
export const callbacksRole: Role = {
  names: () => [name],
  groups: () => [
    { name: callbacksGroup, role: name, topics: callbackSources, forJobs: true },
    ...retryGroups(name, callbackDeliveries).map((group) => ({ ...group, forJobs: true })),
  ],
  handlesPhotos: false,
  readsPlans: false,
  container: () => ({ needs: ['s3', 'redis'] }),
  async open({ config, services, environment }) {
    const { openCallbackWork } = await import('../callback-work.js');
    return openCallbackWork(config, services, environment);
  },
};
