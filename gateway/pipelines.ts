import { FanlightError } from '../schemas/failure.js';
import { ProblemError } from '../http/problems/problem.js';

/** A pipeline that clients may name. */
export interface PipelineOffer {
  /** Exact version. */
  readonly name: string;
  /**
   * Exact versions of the models that the pipeline runs. For an alias: its default version, which an operator may have
   * changed.
   */
  readonly models: readonly string[];
}

/** The first is the default. */
export type PipelineOffers = readonly [PipelineOffer, ...PipelineOffer[]];

export interface PipelineWish {
  readonly pipeline?: string | undefined;
  readonly models?: readonly string[] | undefined;
}

/**
 * The pipeline that the client named, or the smallest one that runs all models that the client named, or the default.
 * Throws `unknown-pipeline` and `unavailable-models`.
 */
export function choosePipeline(offers: PipelineOffers, { pipeline, models }: PipelineWish): string {
  if (models !== undefined) return smallestWith(models, offers).name;
  if (pipeline === undefined) return offers[0].name;
  if (offers.some(({ name }) => name === pipeline)) return pipeline;
  throw new FanlightError({
    code: 'unknown-pipeline',
    message: `There is no pipeline "${pipeline}".`,
    remedy: `Name one of ${offers.map(({ name }) => name).join(', ')}.`,
  });
}

function smallestWith(wanted: readonly string[], offers: PipelineOffers): PipelineOffer {
  const fitting = offers.filter(({ models }) => wanted.every((id) => models.includes(id)));
  const [smallest] = fitting.sort((a, b) => a.models.length - b.models.length);
  if (smallest !== undefined) return smallest;
  const known = offers.flatMap(({ models }) => models);
  const unknown = wanted.filter((id) => !known.includes(id)).map((id) => id.slice(0, 100));
  throw new ProblemError({
    code: 'unavailable-models',
    detail:
      unknown.length > 0
        ? `No pipeline runs ${unknown.join(', ')}.`
        : `No single pipeline runs all of ${wanted.join(', ')}.`,
    remedy: `Choose from the models of one pipeline: ${offers.map(({ name, models }) => `${name} runs ${models.join(', ')}`).join('; ')}.`,
  });
}

/** Throws `models-not-served` when a requested exact version of a model is not among those that answered. */
export function requireServed(wanted: readonly string[] | undefined, served: readonly string[]): void {
  const missing = (wanted ?? []).filter((id) => !served.includes(id));
  if (missing.length === 0) return;
  throw new ProblemError({
    code: 'models-not-served',
    detail: `${missing.join(', ')} did not answer. The models that answered are ${served.join(', ')}.`,
    remedy: "Name the versions that answered, or ask the gateway's operator which versions the aliases name.",
  });
}
