import { z } from 'zod';
import type { PipelineOffers } from '../pipelines.js';
import type { Route } from '../../http/route.js';

const pipelinesSchema = z.object({
  pipelines: z.array(
    z.object({ name: z.string(), default: z.boolean(), models: z.array(z.string()).describe('Exact versions.') }),
  ),
});

export function pipelinesRoute({ pipelines }: { readonly pipelines: PipelineOffers }): Route {
  const list: z.infer<typeof pipelinesSchema> = {
    pipelines: pipelines.map(({ name, models }, index) => ({ name, default: index === 0, models: [...models] })),
  };
  return {
    method: 'GET',
    path: '/v1/pipelines',
    id: 'listPipelines',
    about:
      'The pipelines that a request can name, and their models. The default pipeline is used when a request names none.',
    scope: 'tag',
    answers: {
      200: {
        about: 'All pipelines.',
        mediaType: 'application/json',
        shapes: [{ name: 'Pipelines', schema: pipelinesSchema, example: list }],
      },
    },
    problems: [],
    handle: (context) => context.json(list),
  };
}
