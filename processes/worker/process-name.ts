import type { RoleContext } from './role.js';

/** Name of a worker in logs, client ids and model states, such as `fetch.bulk+backfill`. */
export function processName({ name, lanes, queue }: Pick<RoleContext, 'name' | 'lanes' | 'queue'>): string {
  return [name, lanes.map((lane) => lane.name).join('+'), ...(queue === null ? [] : [queue])].join('.');
}
