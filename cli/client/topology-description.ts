import { retryGroup } from '../../runtime/kafka/retry-worker.js';
import { sinkGroup } from '../../runtime/kafka/sink-worker.js';
import { sinkCatalogue } from '../../sinks/catalogue.js';
import { describeTopology, type TopologyDescription } from '../../topology/describe.js';
import { fanlightTopology } from '../../topology/main.js';

/** The topology that runs, with its sinks. */
export function fanlightDescription(): TopologyDescription {
  const sinks = sinkCatalogue.map(({ name, describe }) => ({ name, describe, group: sinkGroup(name) }));
  return describeTopology(fanlightTopology(), { sinks, retryGroup });
}
