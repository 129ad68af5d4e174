import { sleep, systemClock as clock } from '../../primitives/clock.js';
import type { Fleet } from '../stack/fleet.js';
import type { ProcessEvidence } from './evidence.js';
import { groupStates, incomplete, type GroupState, type WatchedGroup } from './groups.js';
import type { KafkaOracle } from './kafka.js';

export interface SettleOptions {
  readonly oracle: KafkaOracle;
  /** Groups whose role has a process. */
  readonly groups: readonly WatchedGroup[];
  readonly fleet: Fleet;
  /** Returns what is open besides the groups, such as the job. */
  readonly waitsFor: () => Promise<string | undefined>;
}

const pollMs = 500;
/** Longest wait (ms) for lag to go to 0. Events may pass the retry topic of 30 s. */
const giveUpMs = 120_000;
/** Looks in a row without lag: records move between looks. */
const looksWithoutLag = 2;

/** Waits, from the end of the last fault, until all groups have their members and no lag. */
export async function settle(
  options: SettleOptions,
): Promise<Pick<ProcessEvidence, 'membersBackMs' | 'settledMs' | 'unsettled'>> {
  const { oracle, groups, fleet, waitsFor } = options;
  const begun = performance.now();
  const passed = () => performance.now() - begun;
  let membersBackMs: number | undefined;
  let unsettled: readonly string[] = ['the broker does not answer'];
  for (let looks = 0; passed() < giveUpMs; await sleep(clock, pollMs)) {
    const states = await statesOrNone(oracle, groups);
    const missing = states === undefined ? ['the broker does not answer'] : incomplete(states, groups, fleet);
    const lagging = (states ?? []).filter(({ lag }) => lag > 0).map(({ name, lag }) => `${name} has a lag of ${lag}`);
    if (missing.length === 0) membersBackMs ??= passed();
    unsettled = [...missing, ...lagging];
    looks = unsettled.length === 0 ? looks + 1 : 0;
    if (looks < looksWithoutLag) continue;
    const open = await waitsFor();
    if (open === undefined) return { membersBackMs, settledMs: passed(), unsettled: [] };
    unsettled = [open];
  }
  return { membersBackMs, settledMs: undefined, unsettled };
}

/** Undefined while the broker does not answer, or loads its groups. */
async function statesOrNone(
  oracle: KafkaOracle,
  groups: readonly WatchedGroup[],
): Promise<readonly GroupState[] | undefined> {
  try {
    return await groupStates(oracle, groups);
  } catch (error) {
    if ((error as Error).name.startsWith('KafkaJS')) return undefined;
    throw error;
  }
}
