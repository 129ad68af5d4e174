import { systemClock as clock } from '../../primitives/clock.js';
import { every } from '../../primitives/timer-loop.js';
import type { Fleet, Worker } from '../stack/fleet.js';
import type { WatchedGroup } from './groups.js';
import type { KafkaOracle } from './kafka.js';

/** Watches for groups in which more processes say that they are ready than the broker has members. */
export interface ZombieWatch {
  /** Stops watching. Returns the groups that were seen so for too long. */
  stop(): Promise<readonly string[]>;
}

const everyMs = 1_500;
/** Longer than a session (10 s): until then, the broker lists a member that it cannot hear. */
const patienceMs = 15_000;

export function watchForZombies(
  oracle: KafkaOracle,
  groups: readonly WatchedGroup[],
  fleet: Pick<Fleet, 'running'>,
): ZombieWatch {
  const since = new Map<string, number>();
  const zombies = new Set<string>();

  async function look(): Promise<void> {
    const { groups: described } = await oracle.withAdmin((admin) =>
      admin.describeGroups(groups.map(({ name }) => name)),
    );
    const ready = await readyByRole(groups, fleet);
    for (const { name, role } of groups) {
      const members = described.find(({ groupId }) => groupId === name)?.members.length ?? 0;
      const saying = ready.get(role) ?? 0;
      if (saying <= members) {
        since.delete(name);
        continue;
      }
      const begun = since.get(name) ?? clock.now();
      since.set(name, begun);
      if (clock.now() - begun > patienceMs) zombies.add(`${name} (${saying} processes, ${members} members): a process`);
    }
  }

  // Without an answer of the broker nothing is known about members.
  const stop = every(clock, everyMs, look, () => since.clear());
  return {
    async stop() {
      await stop();
      return [...zombies];
    },
  };
}

async function readyByRole(
  groups: readonly WatchedGroup[],
  fleet: Pick<Fleet, 'running'>,
): Promise<ReadonlyMap<string, number>> {
  const roles = [...new Set(groups.map(({ role }) => role))];
  const counts = roles.map(async (role) => {
    const answers = await Promise.all(fleet.running(role).map(saysReady));
    return [role, answers.filter(Boolean).length] as const;
  });
  return new Map(await Promise.all(counts));
}

async function saysReady({ port }: Worker): Promise<boolean> {
  if (port === undefined) return false;
  const answer = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(1_000) }).catch(
    () => undefined, // a process that does not answer does not say that it is ready
  );
  return answer?.status === 200;
}
