import { createHash } from 'node:crypto';
import { FanlightError } from '../schemas/failure.js';

/** Where an alias such as `room-type@stable` leads. All versions named here take the same inputs. */
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

/** @throws FanlightError `invalid-configuration` when the alias or a version that it names can not be. */
export function checkRoute(alias: string, { to, canary, shadow }: Route, known: { has(id: string): boolean }): void {
  const problems = [
    aliasPattern.test(alias) ? '' : `${JSON.stringify(alias)} is no alias: expected a name such as room-type@stable`,
    ...[to, canary?.to, shadow].map((id) => (id === undefined || known.has(id) ? '' : `there is no model ${id} in the catalogue`)),
    canary && !(canary.percent >= 0 && canary.percent <= 100) ? `${canary.percent} % is not between 0 and 100` : '',
  ].filter((problem) => problem !== '');
  if (problems.length === 0) return;
  throw new FanlightError({
    code: 'invalid-configuration',
    message: `The alias ${alias} can not be set: ${problems.join('; ')}.`,
    remedy: 'See `fanlight models ls` for what there is.',
  });
}
