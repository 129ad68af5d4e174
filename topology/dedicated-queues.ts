import { laneNames, type LaneName } from '../schemas/lanes.js';

/** A queue with its own groups, for the events of one client or for the events that need one model. */
export interface DedicatedQueue {
  /** Suffix of the names of its topics and groups. */
  readonly name: string;
  readonly lane: LaneName;
  readonly of: { readonly client: string } | { readonly model: string };
}

const form = new RegExp(`^(client|model):(.+)@(${laneNames.join('|')})$`);

/** Parses `client:acme@bulk` or `model:scene@1@bulk`; undefined for any other text. */
export function parseDedicated(text: string): DedicatedQueue | undefined {
  const [, kind, owner, lane] = form.exec(text) ?? [];
  if (owner === undefined) return undefined;
  // Topic names allow no other characters.
  const name = owner.replace(/[^A-Za-z0-9_-]/g, '-');
  return { name, lane: lane as LaneName, of: kind === 'client' ? { client: owner } : { model: owner } };
}

/** Returns the first queue of a lane that the event belongs to; undefined: the common queue. */
export function dedicatedTo(
  queues: readonly DedicatedQueue[],
  client: string | undefined,
  models: readonly string[],
): DedicatedQueue | undefined {
  return queues.find(({ of }) => ('client' in of ? of.client === client : models.includes(of.model)));
}
