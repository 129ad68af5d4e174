import { z } from 'zod';
import { problemDetails } from '../problems/error-form.js';
import type { Route } from '../route.js';
import type { Api } from './api.js';
import type { JsonSchema, OpenApiDocument, OpenApiOperation } from './open-api.js';
import { operationOf } from './operation.js';

/** The OpenAPI 3.1 document of routes. Its schemas are generated from those that check requests and type answers. */
export function describeOpenApi({ title, description, routes, posts }: Api): OpenApiDocument {
  const paths = new Map<string, Record<string, OpenApiOperation>>();
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    paths.set(path, { ...paths.get(path), [route.method.toLowerCase()]: operationOf(route, posts) });
  }
  return {
    openapi: '3.1.1',
    info: {
      title,
      version: '1',
      description,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    paths: Object.fromEntries(paths),
    components: {
      schemas: componentsOf(routes),
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description: 'An API key. Each operation names the scope that it needs. A gateway without keys ignores it.',
        },
      },
    },
  };
}

function componentsOf(routes: readonly Route[]): Record<string, JsonSchema> {
  const registry = z.registry<{ id: string }>();
  const add = (id: string, schema: z.ZodType) => {
    if (!registry.has(schema)) registry.add(schema, { id });
  };
  for (const { answers, forms = [], errors = problemDetails } of routes) {
    add(errors.name, errors.schema);
    for (const { name, schema } of Object.values(answers).flatMap(({ shapes = [] }) => shapes)) add(name, schema);
    for (const form of forms) if (form.kind === 'lines') add(form.name, form.schema);
    for (const form of forms)
      if (form.kind === 'json') for (const { name, schema } of form.alternatives) add(name, schema);
  }
  // The input side: the documents that a client may send. Answers stay open, so that later versions can add members.
  const { schemas } = z.toJSONSchema(registry, { uri: (id) => `#/components/schemas/${id}`, io: 'input' });
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, withoutIdentity(schema)]));
}

/** Removes `$id` and `$schema`: inside an OpenAPI document, the name of the component identifies a schema. */
function withoutIdentity(schema: object): JsonSchema {
  return Object.fromEntries(Object.entries(schema).filter(([name]) => name !== '$id' && name !== '$schema'));
}
