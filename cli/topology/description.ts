import { sinkCatalogue } from '../../sinks/catalogue.js';
import type { DedicatedQueue } from '../../topology/dedicated.js';
import { describeTopology, type TopologyDescription } from './describe.js';
import { fanlightTopology } from '../../topology/main.js';
import type { PlacementName } from '../../topology/placements.js';

/** Describes a topology together with its sinks. */
export function fanlightDescription(
  placement: PlacementName,
  dedicated: readonly DedicatedQueue[] = [],
): TopologyDescription {
  return describeTopology(fanlightTopology(placement, dedicated), sinkCatalogue);
}
