import { defaultAliasRoutes } from '../../models/aliases.js';
import { openCatalogue } from '../../models/catalogue.js';
import { createModelClient } from '../../runtime/models/model-client.js';
import type { WorkerServices } from '../../runtime/services.js';
import type { ModelOutcome } from '../../runtime/models/model-request.js';
import { modelQueueOf } from '../../topology/model-queue.js';
import type { Topology } from '../../topology/topology.js';
import { modelOffers } from './model-offers.js';
import { packagePath, packageVersion } from '../../primitives/package-root.js';
import type { WatchedQueue } from './realtime-watch.js';

/** What a gateway needs to let models be asked directly: their cards, and the way to the workers that have them. */
export async function openInference(
  topology: Topology,
  services: WorkerServices,
  { admission, onOutcome }: WatchedQueue<ModelOutcome>,
) {
  const queue = modelQueueOf(topology);
  if (!queue) return undefined;
  const offers = modelOffers(openCatalogue(packagePath('models', 'catalogue')), defaultAliasRoutes);
  return {
    client: await createModelClient({ ...services, queue, onOutcome }),
    offers,
    admission,
    version: packageVersion(),
  };
}
