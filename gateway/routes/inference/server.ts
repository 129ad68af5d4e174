import { z } from 'zod';
import { isDraining } from '../../../http/context.js';
import { referenceOf, type ModelOffer } from '../../inference/model-offer.js';
import { inferenceError } from '../../../http/problems/error-form.js';
import { ProblemError } from '../../../http/problems/problem.js';
import type { Route } from '../../../http/route.js';

const liveSchema = z.object({ live: z.literal(true) });
const readySchema = z.object({ ready: z.literal(true) });

export function serverLiveRoute(): Route {
  return {
    method: 'GET',
    path: '/v2/health/live',
    id: 'getServerLive',
    about: 'Open Inference Protocol: whether the process is alive.',
    scope: null,
    errors: inferenceError,
    answers: {
      200: {
        about: 'The process is alive.',
        mediaType: 'application/json',
        shapes: [{ name: 'ServerLive', schema: liveSchema, example: { live: true } }],
      },
    },
    problems: [],
    handle: (context) => context.json({ live: true }),
  };
}

export function serverReadyRoute({ ready }: { readonly ready: () => boolean }): Route {
  return {
    method: 'GET',
    path: '/v2/health/ready',
    id: 'getServerReady',
    about: 'Open Inference Protocol: whether the server is ready for inference.',
    scope: null,
    errors: inferenceError,
    answers: {
      200: {
        about: 'The server is ready.',
        mediaType: 'application/json',
        shapes: [{ name: 'ServerReady', schema: readySchema, example: { ready: true } }],
      },
    },
    problems: ['not-ready'],
    handle(context) {
      if (isDraining(context) || !ready()) throw notReady();
      return context.json({ ready: true });
    },
  };
}

export function notReady(): ProblemError {
  return new ProblemError({
    code: 'not-ready',
    detail: 'The gateway is shutting down, or not connected to the queue for inference.',
    remedy: 'Send requests to another instance, or try again after the time in Retry-After.',
  });
}

const serverSchema = z.object({
  name: z.string(),
  version: z.string(),
  extensions: z.array(z.string()).describe("Triton's names of the extensions."),
});

export function serverMetadataRoute({ version }: { readonly version: string }): Route {
  const metadata: z.infer<typeof serverSchema> = {
    name: 'fanlight',
    version,
    extensions: ['binary_tensor_data', 'classification', 'model_configuration', 'model_repository'],
  };
  return {
    method: 'GET',
    path: '/v2',
    id: 'getServerMetadata',
    about: 'Open Inference Protocol: metadata of this server.',
    scope: 'models',
    errors: inferenceError,
    answers: {
      200: {
        about: 'Name, version and extensions of the server.',
        mediaType: 'application/json',
        shapes: [{ name: 'ServerMetadata', schema: serverSchema, example: metadata }],
      },
    },
    problems: [],
    handle: (context) => context.json(metadata),
  };
}

const indexSchema = z.array(
  z.object({ name: z.string(), version: z.string(), state: z.literal('READY'), reason: z.literal('') }),
);

export function repositoryIndexRoute({ offers }: { readonly offers: readonly ModelOffer[] }): Route {
  const index: z.infer<typeof indexSchema> = [...offers]
    .sort((a, b) => referenceOf(a).localeCompare(referenceOf(b)))
    .map(({ name, version }) => ({ name, version, state: 'READY', reason: '' }));
  return {
    method: 'POST',
    path: '/v2/repository/index',
    id: 'listModels',
    about: 'Open Inference Protocol, model repository extension: all models and their versions.',
    details:
      'Workers load a model at its first request, so all models are listed as ready. The gateway ignores the body.',
    scope: 'models',
    errors: inferenceError,
    answers: {
      200: {
        about: 'Each version of each model.',
        mediaType: 'application/json',
        shapes: [{ name: 'ModelIndex', schema: indexSchema, example: index.slice(0, 2) }],
      },
    },
    problems: [],
    handle: (context) => context.json(index),
  };
}
