import { startSinkWorker } from '../../../runtime/sinks/sink-consumption.js';
import { sinkCatalogue, sinkNamed } from '../../../sinks/catalogue.js';
import { sinkRole as nameOf } from '../../../topology/groups.js';
import { nothingToClose, type Role } from '../role.js';

/** Writes tag results to one store. */
export const sinkRole: Role = {
  names: () => sinkCatalogue.map(({ name }) => nameOf(name)),
  handlesPhotos: false,
  readsPlans: false,
  async start({ name, lanes, services, environment }) {
    const sink = await sinkNamed(name.slice(nameOf('').length)).create(environment);
    return { consumers: [await startSinkWorker(sink, lanes, services)], close: nothingToClose };
  },
};
