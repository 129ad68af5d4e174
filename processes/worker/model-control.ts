import { hostname } from 'node:os';
import { startModelControl } from '../../runtime/models/model-control.js';
import type { WorkerServices } from '../../runtime/services.js';
import type { AliasRoute } from '../../models/alias-route.js';
import type { AliasRouteRecord } from '../../schemas/models/control.js';
import type { OpenedPorts } from '../pipeline-ports.js';

/** Lets operators control the models of a worker process, with `fanlight models`. */
export function controlModels(
  role: string,
  { host, models }: OpenedPorts,
  services: WorkerServices,
): Promise<{ stop(): Promise<void> }> {
  return startModelControl({
    ...services,
    worker: `${hostname()}/${role}/${process.pid}`,
    everyMs: 10_000,
    models: {
      load: (id) => host.load(id),
      unload: (id) => host.unload(id),
      setRoute: (alias, route) => models.setRoute(alias, route && routeOf(route)),
      describe: () => ({
        budgetMiB: Number.isFinite(host.budgetMiB) ? host.budgetMiB : null,
        models: host.states(),
        aliases: Object.fromEntries([...models.routes].map(([alias, route]) => [alias, describeAliasRoute(route)])),
      }),
    },
  });
}

function routeOf({ to, canary, shadow }: AliasRouteRecord): AliasRoute {
  return { to, canary: canary ?? undefined, shadow: shadow ?? undefined };
}

/** "room-type@1; room-type@2 for 5 % and acme; room-type@3 in the shadow" */
export function describeAliasRoute({ to, canary, shadow }: AliasRoute): string {
  const parts = [to];
  if (canary) parts.push(`${canary.to} for ${[`${canary.percent} %`, ...canary.clients].join(' and ')}`);
  if (shadow !== undefined) parts.push(`${shadow} in the shadow`);
  return parts.join('; ');
}
