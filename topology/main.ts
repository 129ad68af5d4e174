import { lanes } from './lanes.js';
import { listingPhoto1 } from './pipelines/listing-photo-1.js';
import { moderationOnly1 } from './pipelines/moderation-only-1.js';
import { stages } from './stages.js';
import { createTopology, type Topology } from './topology.js';

/** The one topology that the workers, the driver, the command line and the docs use. A new pipeline is an entry here. */
export function fanlightTopology(): Topology {
  return createTopology({
    pipelines: [listingPhoto1, moderationOnly1],
    defaultPipeline: listingPhoto1.id,
    stages,
    lanes,
  });
}
