import { laneNames, type LaneName } from '../schemas/lanes.js';

/** A queue of its own, with groups of its own, for the events of one client or for those that one model is run for. */
export interface DedicatedQueue {
  /** What its topics and groups end with. */
  readonly name: string;
  readonly lane: LaneName;
  readonly of: { readonly client: string } | { readonly model: string };
}

const form = new RegExp(`^(client|model):(.+)@(${laneNames.join('|')})$`);

/** Reads `client:acme@bulk` or `model:scene@1@bulk`; undefined when it is neither. */
export function parseDedicated(text: string): DedicatedQueue | undefined {
  const [, kind, owner, lane] = form.exec(text) ?? [];
  if (owner === undefined) return undefined;
  // Names of topics hold no other characters.
  const name = owner.replace(/[^A-Za-z0-9_-]/g, '-');
  return { name, lane: lane as LaneName, of: kind === 'client' ? { client: owner } : { model: owner } };
}

/** Of the queues of a lane, the first that the event belongs to; undefined: the one that all others share. */
export function dedicatedTo(
  queues: readonly DedicatedQueue[],
  client: string | undefined,
  models: readonly string[],
): DedicatedQueue | undefined {
  return queues.find(({ of }) => ('client' in of ? of.client === client : models.includes(of.model)));
}
