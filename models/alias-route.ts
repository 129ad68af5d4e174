import { createHash } from 'node:crypto';
import { FanlightError } from '../schemas/failure.js';

/**
 * Versions that serve an alias such as `room-type@stable`. Pipelines that name the alias provide the inputs of each.
 */
export interface AliasRoute {
  readonly to: string;
  /** A version that serves a percentage of the images, or some clients. */
  readonly canary?: { readonly to: string; readonly percent: number; readonly clients: readonly string[] } | undefined;
  /** A version that also runs, for comparison. Its outputs reach no result. */
  readonly shadow?: string | undefined;
}

export type AliasRoutes = ReadonlyMap<string, AliasRoute>;

export interface RoutedImage {
  readonly imageId: string;
  readonly client: string | undefined;
}

export const aliasPattern = /^[a-z][a-z0-9-]*@[a-z][a-z0-9-]*$/;

/** Returns the version that serves this image. The same image always gets the same version. */
export function chooseVersion(alias: string, { to, canary }: AliasRoute, { imageId, client }: RoutedImage): string {
  if (!canary) return to;
  if (client !== undefined && canary.clients.includes(client)) return canary.to;
  return shareOf(`${alias}/${imageId}`) < canary.percent ? canary.to : to;
}

/** Maps keys evenly to 0..100. */
function shareOf(key: string): number {
  return (createHash('sha256').update(key).digest().readUInt32BE() / 2 ** 32) * 100;
}

/** All versions that may run for the alias. */
export function versionsOf({ to, canary, shadow }: AliasRoute): string[] {
  return [to, canary?.to, shadow].filter((id) => id !== undefined);
}

/** The facts that a route is checked against. */
export interface KnownVersions {
  has(id: string): boolean;
  /** Reasons why pipelines that name the alias cannot feed the version. Empty: all can. */
  incompatibilities?(alias: string, id: string): readonly string[];
}

/** @throws FanlightError `invalid-configuration` when the alias is malformed or a version does not fit. */
export function checkAliasRoute(alias: string, route: AliasRoute, known: KnownVersions): void {
  const { canary } = route;
  const problems = [
    ...(aliasPattern.test(alias)
      ? []
      : [`${JSON.stringify(alias)} is not an alias: expected a name such as room-type@stable`]),
    ...versionsOf(route).flatMap((id) =>
      known.has(id) ? (known.incompatibilities?.(alias, id) ?? []) : [`there is no model ${id} in the catalogue`],
    ),
    ...(canary && !(canary.percent >= 0 && canary.percent <= 100)
      ? [`${canary.percent} % is not between 0 and 100`]
      : []),
  ];
  if (problems.length === 0) return;
  throw new FanlightError({
    code: 'invalid-configuration',
    message: `The alias ${alias} cannot be set: ${problems.join('; ')}.`,
    remedy: '`fanlight models ls` lists the versions; `fanlight models show` shows the inputs of a version.',
  });
}
