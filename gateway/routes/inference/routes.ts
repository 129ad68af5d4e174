import type { Clock } from '../../../primitives/clock.js';
import type { Admission } from '../../admission/admission.js';
import type { BodyReadOptions } from '../../../http/bodies/whole-body.js';
import type { ModelOffer } from '../../inference/model-offer.js';
import type { GatewayLimits } from '../../limits.js';
import type { ModelClient } from '../../../runtime/replies/request-reply.js';
import type { Route } from '../../../http/route.js';
import { inferRoutes } from './inference.js';
import { modelConfigRoutes, modelMetadataRoutes, modelReadyRoutes } from './models.js';
import { repositoryIndexRoute, serverLiveRoute, serverMetadataRoute, serverReadyRoute } from './server.js';

/** Options of the routes for inference. */
export interface InferenceRoutesOptions {
  readonly client: ModelClient;
  readonly offers: readonly ModelOffer[];
  /** Admission control. Without it, the gateway refuses no request because of overload. */
  readonly admission?: Admission;
  /** Version of Fanlight. */
  readonly version: string;
}

/** The routes of the Open Inference Protocol, version 2 (docs/inference.md). */
export function inferenceRoutes(
  { client, offers, admission, version }: InferenceRoutesOptions,
  rest: { readonly clock: Clock; readonly reading: BodyReadOptions; readonly limits: GatewayLimits },
): Route[] {
  const ready = () => client.ready();
  return [
    serverLiveRoute(),
    serverReadyRoute({ ready }),
    serverMetadataRoute({ version }),
    repositoryIndexRoute({ offers }),
    ...modelMetadataRoutes(offers),
    ...modelReadyRoutes(offers, ready),
    ...modelConfigRoutes(offers),
    ...inferRoutes({ offers, client, admission, ...rest }),
  ];
}
