import type { DedicatedQueue } from './dedicated-queues.js';
import { lanes } from './lanes.js';
import { listingPhoto1 } from './pipelines/listing-photo-1.js';
import { listingPhoto2 } from './pipelines/listing-photo-2.js';
import { listingText1 } from './pipelines/listing-text-1.js';
import { moderationOnly1 } from './pipelines/moderation-only-1.js';
import { placements, type PlacementName } from './placements.js';
import { stages } from './stages.js';
import { createTopology, type Topology } from './topology.js';

/**
 * The topology that the workers, the driver, the command line and the docs use. A new pipeline is an entry here.
 *
 * @param placement from `FANLIGHT_PLACEMENT`, the same in all processes of a deployment
 * @param dedicated from `FANLIGHT_DEDICATED`, the same in all processes of a deployment
 */
export function fanlightTopology(placement: PlacementName, dedicated: readonly DedicatedQueue[] = []): Topology {
  return createTopology({
    pipelines: [listingPhoto1, listingPhoto2, listingText1, moderationOnly1],
    defaultPipeline: listingPhoto1.id,
    stages,
    lanes,
    placement: placements[placement],
    dedicated,
  });
}
