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

/** Opens direct model calls: the offers, and a client of the workers with the models. Undefined without a queue. */
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
