import { createHash } from 'node:crypto';
import { FanlightError } from '../schemas/failure.js';

/**
 * Where an alias such as `room-type@stable` leads. The pipelines that name it offer what each version named here takes.
 */
export interface Route {
  readonly to: string;
  /** A version that answers for a part of the images, or for some clients. */
  readonly canary?: { readonly to: string; readonly percent: number; readonly clients: readonly string[] } | undefined;
  /** A version that is run beside, for comparison; nothing of it is published. */
  readonly shadow?: string | undefined;
}

export type Routes = ReadonlyMap<string, Route>;

export interface Subject {
  readonly imageId: string;
  readonly client: string | undefined;
}

export const aliasPattern = /^[a-z][a-z0-9-]*@[a-z][a-z0-9-]*$/;

/** The version that answers for this image; the same image always gets the same one. */
export function chooseVersion(alias: string, { to, canary }: Route, { imageId, client }: Subject): string {
  if (!canary) return to;
  if (client !== undefined && canary.clients.includes(client)) return canary.to;
  return shareOf(`${alias}/${imageId}`) < canary.percent ? canary.to : to;
}

/** 0 to 100, evenly spread over keys. */
function shareOf(key: string): number {
  return (createHash('sha256').update(key).digest().readUInt32BE() / 2 ** 32) * 100;
}

/** All versions that may be run for the alias. */
export function versionsOf({ to, canary, shadow }: Route): string[] {
  return [to, canary?.to, shadow].filter((id) => id !== undefined);
}

/** What a route is checked against. */
export interface KnownVersions {
  has(id: string): boolean;
  /** Why pipelines that name the alias cannot feed the version; empty where all can. */
  misfits?(alias: string, id: string): readonly string[];
}

/** @throws FanlightError `invalid-configuration` when the alias or a version that it names cannot be. */
export function checkRoute(alias: string, route: Route, known: KnownVersions): void {
  const { canary } = route;
  const problems = [
    ...(aliasPattern.test(alias)
      ? []
      : [`${JSON.stringify(alias)} is no alias: expected a name such as room-type@stable`]),
    ...versionsOf(route).flatMap((id) =>
      known.has(id) ? (known.misfits?.(alias, id) ?? []) : [`there is no model ${id} in the catalogue`],
    ),
    ...(canary && !(canary.percent >= 0 && canary.percent <= 100)
      ? [`${canary.percent} % is not between 0 and 100`]
      : []),
  ];
  if (problems.length === 0) return;
  throw new FanlightError({
    code: 'invalid-configuration',
    message: `The alias ${alias} cannot be set: ${problems.join('; ')}.`,
    remedy: 'See `fanlight models ls` for what there is, and `fanlight models show` for what a version takes.',
  });
}
