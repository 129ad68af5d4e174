import { asFanlightError } from '../schemas/failure.js';
import type { GroupStatus } from './group-status.js';
import type { Check } from './servers/preflight.js';

/**
 * Checks that every consumer group of a running deployment has a worker.
 *
 * @param read reads the groups; a failure becomes a failed check
 */
export async function checkGroups(read: () => Promise<readonly GroupStatus[]>): Promise<Check> {
  const id = 'groups';
  try {
    const groups = await read();
    const idle = groups.filter(({ workers }) => workers === 0).map(({ group }) => group);
    if (idle.length === 0)
      return { id, status: 'ok', message: `Each of the ${groups.length} consumer groups has a worker.` };
    const message = `No worker reads ${idle.join(', ')}: see the logs that \`fanlight status\` names, or run \`fanlight down\` and \`fanlight up\`.`;
    return { id, status: 'failed', message };
  } catch (thrown) {
    const { message, remedy } = asFanlightError(thrown);
    return { id, status: 'failed', message: `${message} ${remedy}` };
  }
}
