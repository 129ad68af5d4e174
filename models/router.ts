import type { Model, ModelHost } from '../processors/ports.js';
import { asFanlightError, FanlightError } from '../schemas/failure.js';
import type { Inputs } from './framework.js';
import type { Outputs, RunningHost } from './host.js';
import {
  checkAliasRoute,
  chooseVersion,
  type KnownVersions,
  type AliasRoute,
  type AliasRoutes,
} from './alias-route.js';

export interface ShadowAnswer {
  readonly alias: string;
  readonly imageId: string;
  /** Exact version that answered the request, and the shadow version. */
  readonly served: string;
  readonly shadow: string;
  readonly servedOutputs: Outputs;
  /** Null when the shadow failed, for the reason in `failure`. */
  readonly shadowOutputs: Outputs | null;
  readonly failure: string | null;
}

export interface RouterOptions {
  readonly host: RunningHost;
  /** Initial routes of the aliases. */
  readonly routes: AliasRoutes;
  /** Absent: any version may serve any alias. */
  readonly incompatibilities?: NonNullable<KnownVersions['incompatibilities']>;
  /** Receives the shadow's answer together with the served one. It must not reject. */
  readonly onShadow?: (answer: ShadowAnswer) => Promise<void>;
}

export interface ModelRouter extends ModelHost {
  readonly routes: AliasRoutes;
  /**
   * Sets an alias or, with null, removes it. The change applies to tasks that start afterwards.
   * @throws FanlightError `invalid-configuration`
   */
  setRoute(alias: string, route: AliasRoute | null): void;
  /** Resolves when every shadow has answered and `onShadow` has handled its answer. */
  drain(): Promise<void>;
}

/** The models as operations see them: exact versions, and aliases that are resolved for each task. */
export function createModelRouter({ host, routes: given, incompatibilities, onShadow }: RouterOptions): ModelRouter {
  const routes = new Map(given);
  const known: KnownVersions = { has: (id) => host.has(id), ...(incompatibilities ? { incompatibilities } : {}) };
  const shadows = new Set<Promise<void>>();
  for (const [alias, route] of routes) checkAliasRoute(alias, route, known);

  function routeOf(alias: string): AliasRoute {
    const route = routes.get(alias);
    if (route) return route;
    throw new FanlightError({
      code: 'unknown-model',
      message: `There is no model or alias ${JSON.stringify(alias)}.`,
      remedy: `Use an exact version, or one of the aliases ${[...routes.keys()].join(', ') || '(none)'}.`,
    });
  }

  const describe = (reference: string) => host.describe(host.has(reference) ? reference : routeOf(reference).to);

  function openExact(modelId: string): Model {
    return {
      ...describe(modelId),
      async infer(inputs, inference) {
        const outputs = await host.run(modelId, inputs, inference);
        inference.served(modelId);
        return outputs;
      },
    };
  }

  function openAlias(alias: string): Model {
    return {
      ...describe(alias),
      async infer(inputs, inference) {
        const route = routeOf(alias);
        const served = chooseVersion(alias, route, inference);
        const outputs = await host.run(served, inputs, inference);
        inference.served(served);
        if (route.shadow !== undefined)
          keepTrack(
            compare(
              { alias, imageId: inference.imageId, served, shadow: route.shadow, servedOutputs: outputs },
              inputs,
            ),
          );
        return outputs;
      },
    };
  }

  /** Runs the shadow at the lowest priority. No image waits for the shadow, and its failure fails no image. */
  async function compare(answer: Omit<ShadowAnswer, 'shadowOutputs' | 'failure'>, inputs: Inputs): Promise<void> {
    const ran = await host.run(answer.shadow, inputs, { lane: 'backfill', deadline: undefined }).then(
      (shadowOutputs) => ({ shadowOutputs, failure: null }),
      (error: unknown) => ({ shadowOutputs: null, failure: asFanlightError(error).message }),
    );
    await onShadow?.({ ...answer, ...ran });
  }

  function keepTrack(shadow: Promise<void>): void {
    shadows.add(shadow);
    void shadow.finally(() => shadows.delete(shadow));
  }

  return {
    // async, so that an unknown model rejects instead of throwing
    open: async (reference) => Promise.resolve(host.has(reference) ? openExact(reference) : openAlias(reference)),
    describe: async (reference) => Promise.resolve(describe(reference)),
    routes,
    setRoute(alias, route) {
      if (route) checkAliasRoute(alias, route, known);
      if (route) routes.set(alias, route);
      else routes.delete(alias);
    },
    async drain() {
      await Promise.all(shadows);
    },
  };
}
