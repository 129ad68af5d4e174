import { sinkCatalogue, sinkNamed } from '../../../sinks/catalogue.js';
import { sinkGroup, sinkRoleName, sinkTopics } from '../../../topology/groups.js';
import { nothingToClose, type Role } from '../role.js';

const entryOf = (role: string) => sinkNamed(role.slice(sinkRoleName('').length));

/** Writes the records that a sink reads to its store. Each sink is a name of this role. */
export const sinkRole: Role = {
  names: () => sinkCatalogue.map(({ name }) => sinkRoleName(name)),
  groups: ({ lanes }) =>
    sinkCatalogue.map((entry) => ({
      name: sinkGroup(entry.name),
      role: sinkRoleName(entry.name),
      topics: sinkTopics(entry, lanes),
    })),
  handlesPhotos: false,
  readsPlans: false,
  container: (name) => ({ needs: [entryOf(name).server] }),
  async open({ name, lanes, services, environment }) {
    const { sinkConsumption } = await import('../../../runtime/sinks/sink-consumption.js');
    const entry = entryOf(name);
    const sink = await entry.create(environment);
    return { consumptions: [await sinkConsumption(sink, entry.reads, lanes, services)], close: nothingToClose };
  },
};
