import { InvalidArgumentError, Option } from 'commander';
import { clientName } from '../../http/clients/client.js';
import {
  failureLanes,
  isFailureLane,
  isLaneName,
  laneNames,
  type FailureLane,
  type LaneName,
} from '../../schemas/lanes.js';

// Options that several commands share.
export const laneOption = () => new Option('--lane <lane>', 'lane to write to').choices(laneNames).default('bulk');

export const lanesOption = (description: string) =>
  new Option('--lane <lanes>', `${description}; comma-separated`).argParser(parseLanes).default([...laneNames], 'all');

/** Accepts the lanes and `callbacks`. */
export const failureLanesOption = (description: string) =>
  new Option('--lane <lanes>', `${description}; comma-separated`)
    .argParser(parseFailureLanes)
    .default([...failureLanes], 'all');

export const jsonOption = (description: string) => new Option('--json', description);

export function parseLanes(text: string): LaneName[] {
  return parseNames(text, laneNames, isLaneName);
}

function parseFailureLanes(text: string): FailureLane[] {
  return parseNames(text, failureLanes, isFailureLane);
}

function parseNames<Name extends string>(
  text: string,
  all: readonly Name[],
  isName: (name: string) => name is Name,
): Name[] {
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.filter((name) => !isName(name));
  if (unknown.length > 0)
    throw new InvalidArgumentError(`There is no lane ${unknown.join(', ')}. Choose from: ${all.join(', ')}.`);
  return all.filter((name) => names.includes(name));
}

export function positiveInteger(text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number > 0) return number;
  throw new InvalidArgumentError('Expected a whole number above 0.');
}

/** Parses the address of a gateway; the result ends with a slash, so that relative paths can be resolved against it. */
export function gatewayAddress(text: string): URL {
  if (!URL.canParse(text) || !['http:', 'https:'].includes(new URL(text).protocol))
    throw new InvalidArgumentError('Expected an http or https URL.');
  const { origin, pathname } = new URL(text);
  return new URL(pathname.endsWith('/') ? pathname : `${pathname}/`, origin);
}

export function clientNameArgument(text: string): string {
  const parsed = clientName.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new InvalidArgumentError(parsed.error.issues.map(({ message }) => message).join('; '));
}
