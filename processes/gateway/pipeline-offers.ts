import type { PipelineOffer } from '../../gateway/pipelines.js';
import { defaultAliasRoutes } from '../../models/aliases.js';
import type { Topology } from '../../topology/topology.js';

/** The pipelines that the gateway offers, the default first, with the models behind them. */
export function pipelineOffers({ pipelines, defaultPipeline }: Topology): PipelineOffer[] {
  const offers = [...pipelines.values()].map(({ id, models }) => ({
    name: id,
    models: [...new Set(models.map((reference) => defaultAliasRoutes.get(reference)?.to ?? reference))].sort(),
  }));
  return offers.sort((a, b) => Number(b.name === defaultPipeline) - Number(a.name === defaultPipeline));
}
