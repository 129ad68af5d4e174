import type { Route } from '../context.js';

export function pipelinesRoute({ pipelines }: { readonly pipelines: readonly string[] }): Route {
  return {
    method: 'GET',
    path: '/v1/pipelines',
    about: 'The pipelines that a request can name; one of them is used when it names none.',
    handle: (context) =>
      context.json({ pipelines: pipelines.map((name, index) => ({ name, default: index === 0 })) }),
  };
}
