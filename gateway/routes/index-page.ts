import type { Route } from '../context.js';

/** What a person sees who opens the gateway's address. */
export function indexRoute(others: readonly Route[]): Route {
  const index: Route = {
    method: 'GET',
    path: '/',
    about: 'This list.',
    handle: (context) =>
      context.json({ name: 'fanlight', routes: [index, ...others].map(({ method, path, about }) => ({ method, path, about })) }),
  };
  return index;
}
