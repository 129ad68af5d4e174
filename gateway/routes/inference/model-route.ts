import { z } from 'zod';
import type { HttpContext } from '../../../http/context.js';
import { findOffer, type ModelOffer } from '../../inference/model-offer.js';
import { inferenceError } from '../../../http/problems/error-form.js';
import type { Route } from '../../../http/route.js';

const model = z.string().describe('Name of a model, such as scene.');
const version = z.string().describe('A number, or an alias of the model, such as stable.');

const places = [
  { path: '/v2/models/:model', suffix: '', parameters: z.object({ model }) },
  { path: '/v2/models/:model/versions/:version', suffix: 'Version', parameters: z.object({ model, version }) },
] as const;

type ModelRoute = Pick<Route, 'method' | 'id' | 'about' | 'details' | 'forms' | 'answers' | 'problems' | 'compress'> & {
  /** Path after the path of the model. */
  readonly path: '' | `/${string}`;
  handle(context: HttpContext, offer: ModelOffer): Promise<Response> | Response;
};

/** Two routes for one operation of a model: one for the newest version, one for a named version. */
export function modelRoutes(
  offers: readonly ModelOffer[],
  { path, id, problems, handle, ...route }: ModelRoute,
): Route[] {
  return places.map((place) => ({
    ...route,
    path: `${place.path}${path}`,
    id: `${id}${place.suffix}`,
    scope: 'models',
    errors: inferenceError,
    parameters: place.parameters,
    problems: ['no-such-model', ...problems],
    handle: (context) =>
      handle(context, findOffer(offers, context.req.param('model') ?? '', context.req.param('version'))),
  }));
}
