import type { Topology } from '../../topology/topology.js';
import type { Role } from './role.js';
import { callbacksRole } from './roles/callbacks.js';
import { jobsRole } from './roles/jobs.js';
import { retryRole } from './roles/retry.js';
import { shareRole } from './roles/share.js';
import { sinkRole } from './roles/sink.js';
import { stageRole } from './roles/stage.js';

/** All roles that `fanlight worker` can run. */
export const roles: readonly Role[] = [
  // In the order in which records pass them.
  shareRole,
  stageRole,
  retryRole,
  jobsRole,
  callbacksRole,
  sinkRole,
];

/** Names of all roles. */
export function roleNames(topology: Topology): string[] {
  return roles.flatMap((role) => [...role.names(topology)]);
}

export function roleNamed(name: string, topology: Topology): Role | undefined {
  return roles.find((role) => role.names(topology).includes(name));
}
