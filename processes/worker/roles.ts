import type { Topology } from '../../topology/topology.js';
import type { Role } from './role.js';
import { callbacksRole } from './roles/callbacks.js';
import { jobsRole } from './roles/jobs.js';
import { retryRole } from './roles/retry.js';
import { shareRole } from './roles/share.js';
import { sinkRole } from './roles/sink.js';
import { stageRole } from './roles/stage.js';

/** All that `fanlight worker` can do. */
export const roles: readonly Role[] = [shareRole, stageRole, retryRole, jobsRole, callbacksRole, sinkRole];

/** Names that `fanlight worker` knows. */
export function roleNames(topology: Topology): string[] {
  return roles.flatMap((role) => [...role.names(topology)]);
}

export function roleNamed(name: string, topology: Topology): Role | undefined {
  return roles.find((role) => role.names(topology).includes(name));
}
