import { z } from 'zod';
import type { Route } from '../route.js';

const indexSchema = z.object({
  name: z.literal('fanlight'),
  routes: z.array(z.object({ method: z.enum(['GET', 'POST', 'DELETE']), path: z.string(), about: z.string() })),
});

/** `GET /`: the list of routes. */
export function indexRoute(routes: () => readonly Route[]): Route {
  const list = (): z.infer<typeof indexSchema> => ({
    name: 'fanlight',
    routes: routes().map(({ method, path, about }) => ({ method, path, about })),
  });
  return {
    method: 'GET',
    path: '/',
    id: 'getIndex',
    about: 'This list.',
    scope: null,
    answers: {
      200: {
        about: 'All routes.',
        mediaType: 'application/json',
        shapes: [
          {
            name: 'Index',
            schema: indexSchema,
            example: { name: 'fanlight', routes: [{ method: 'GET', path: '/', about: 'This list.' }] },
          },
        ],
      },
    },
    problems: [],
    handle: (context) => context.json(list()),
  };
}
