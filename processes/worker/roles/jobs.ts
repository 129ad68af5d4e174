import { startJobResults } from '../../../jobs/results/results-consumption.js';
import { startJobState } from '../../../jobs/state/state-consumption.js';
import { openJobStores } from '../../open-jobs.js';
import { noRedis, openRedis } from '../../open-redis.js';
import type { Role } from '../role.js';

/** Gathers the results of jobs, and keeps the state of jobs. */
export const jobsRole: Role = {
  names: () => ['jobs'],
  handlesPhotos: false,
  readsPlans: false,
  async start({ lanes, config, services }) {
    const redis = openRedis(config, services.logger);
    if (redis === undefined) throw noRedis('Where jobs stand is');
    const stores = openJobStores(config, redis, 'worker');
    const results = startJobResults(lanes, stores.parts, services);
    const consumers = await Promise.all([results, startJobState(stores.states, services)]);
    return {
      consumers,
      close() {
        stores.close();
        redis.disconnect();
        return Promise.resolve();
      },
    };
  },
};
