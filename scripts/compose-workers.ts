import { roles } from '../processes/worker/roles.js';
import type { Container, Role } from '../processes/worker/role.js';
import type { Topology } from '../topology/topology.js';

/** The services of docker-compose.yml that run workers: one for each name of each role. */
export function composeWorkers(topology: Topology, all: readonly Role[] = roles): string {
  return all.flatMap((role) => role.names(topology).map((name) => service(name, role.container(name)))).join('\n\n');
}

function service(name: string, { needs, memory }: Container): string {
  return [
    `  ${name}:`,
    '    <<: *worker',
    `    command: [worker, ${name}, --lanes, *lanes]`,
    ...(memory === undefined ? [] : [`    mem_limit: ${memory}`]),
    ...(needs.length === 0 ? [] : ['    depends_on:', '      <<: *needs-kafka']),
    ...needs.map((server) => `      ${server}: *healthy`),
  ].join('\n');
}
