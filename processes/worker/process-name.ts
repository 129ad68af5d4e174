import type { RoleContext } from './role.js';

/** What logs, metrics and the states of models call a worker, such as `fetch.bulk+backfill`. */
export function processName({ name, lanes, queue }: Pick<RoleContext, 'name' | 'lanes' | 'queue'>): string {
  return [name, lanes.map((lane) => lane.name).join('+'), ...(queue === null ? [] : [queue])].join('.');
}
