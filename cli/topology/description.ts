import { sinkCatalogue } from '../../sinks/catalogue.js';
import type { DedicatedQueue } from '../../topology/dedicated.js';
import { describeTopology, type TopologyDescription } from './describe.js';
import { consumerGroups } from '../../processes/worker/groups.js';
import { fanlightTopology } from '../../topology/main.js';
import type { PlacementName } from '../../topology/placements.js';

/** Describes a topology together with its sinks. */
export function fanlightDescription(
  placement: PlacementName,
  dedicated: readonly DedicatedQueue[] = [],
): TopologyDescription {
  const topology = fanlightTopology(placement, dedicated);
  return describeTopology(topology, sinkCatalogue, consumerGroups(topology));
}
