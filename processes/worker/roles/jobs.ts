import { jobResultsGroup, jobStateGroup, jobStateTopics, outcomeTopics } from '../../../topology/groups.js';
import type { Role } from '../role.js';

const name = 'jobs';

/** Gathers the results of jobs, and maintains the state of jobs. */
export const jobsRole: Role = {
  names: () => [name],
  groups: ({ lanes }) => [
    { name: jobResultsGroup, role: name, topics: outcomeTopics(lanes), forJobs: true },
    { name: jobStateGroup, role: name, topics: jobStateTopics, forJobs: true },
  ],
  handlesPhotos: false,
  readsPlans: false,
  container: () => ({ needs: ['redis', 's3'] }),
  async open({ lanes, config, services }) {
    const { resultsConsumption } = await import('../../../jobs/results/results-consumption.js');
    const { stateConsumption } = await import('../../../jobs/state/state-consumption.js');
    const { openJobStores } = await import('../../jobs.js');
    const { noRedis, openRedis } = await import('../../redis.js');
    const redis = openRedis(config, services.logger);
    if (redis === undefined) throw noRedis('The state of jobs is');
    const stores = openJobStores(config, redis, 'worker');
    return {
      consumptions: [resultsConsumption(lanes, stores.parts, services), stateConsumption(stores.states, services)],
      close() {
        stores.close();
        redis.disconnect();
        return Promise.resolve();
      },
    };
  },
};
