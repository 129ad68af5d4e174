import { z } from 'zod';
import { describeOpenApi } from '../openapi/document.js';
import type { Route } from '../route.js';
import type { Api } from '../openapi/api.js';

const openApiSchema = z.looseObject({ openapi: z.string() }).describe('See https://spec.openapis.org/oas/v3.1.1.');

/** `GET /openapi.json`: the reference for programs. */
export function openApiRoute(api: () => Api): Route {
  let text: string | undefined;
  return {
    method: 'GET',
    path: '/openapi.json',
    id: 'getOpenApi',
    about: 'This interface as an OpenAPI 3.1 document.',
    scope: null,
    answers: {
      200: {
        about: 'The document.',
        mediaType: 'application/json',
        shapes: [{ name: 'OpenApi', schema: openApiSchema, example: { openapi: '3.1.1' } }],
      },
    },
    problems: [],
    handle(context) {
      text ??= JSON.stringify(describeOpenApi(api()));
      return context.body(text, 200, { 'content-type': 'application/json' });
    },
  };
}
