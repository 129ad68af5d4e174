import { startSinkWorker } from '../../../runtime/sinks/sink-worker.js';
import { sinkCatalogue, sinkNamed } from '../../../sinks/catalogue.js';
import { sinkRole as nameOf } from '../../../topology/groups.js';
import { nothingToClose, type Role } from '../role.js';

/** Writes the records that a sink reads to its store. */
export const sinkRole: Role = {
  names: () => sinkCatalogue.map(({ name }) => nameOf(name)),
  handlesPhotos: false,
  readsPlans: false,
  async start({ name, lanes, services, environment }) {
    const entry = sinkNamed(name.slice(nameOf('').length));
    const sink = await entry.create(environment);
    return { consumers: [await startSinkWorker(sink, entry.reads, lanes, services)], close: nothingToClose };
  },
};
