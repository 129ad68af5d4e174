import './stores/synchronous-deflate.js';
import { randomFrom } from '../../primitives/seeded-random.js';
import { drawFaults, endsAtMs, type Fault } from './world/faults.js';
import { inject } from './world/injection.js';
import { World } from './world/world.js';

export interface SimulationOptions {
  /** Faults instead of those that the seed draws. */
  readonly faults?: readonly Fault[];
  /** Whether to keep the lines of the trace. */
  readonly keepLines?: boolean;
}

export interface SimulationResult {
  readonly seed: number;
  readonly faults: readonly Fault[];
  /** Empty: nothing is wrong. */
  readonly violations: readonly string[];
  readonly hash: string;
  readonly lines: readonly string[];
  readonly events: number;
  /** Time from the end of the last fault until everything is processed (ms). */
  readonly recoveryMs: number;
}

/** Longest time (ms) in which everything has to be processed after the last fault has ended. */
export const recoveryBoundMs = 150_000;
/** Time (ms) after the end in which requests that were on their way may land. */
const lateMs = 8_000;

/** Runs one seed. Simulations must not overlap: all of them share the clock of the process. */
export async function simulate(seed: number, options: SimulationOptions = {}): Promise<SimulationResult> {
  const world = new World(seed, options.keepLines);
  const faults = options.faults ?? drawFaults(randomFrom(seed ^ 0x5eed), world.settings);
  const { scheduler, oracle } = world;
  const startedAt = scheduler.now;
  const calmAt = startedAt + Math.max(world.settings.sendingMs, ...faults.map(endsAtMs));
  await world.start();
  inject(world, faults);

  let isDrained = false;
  function look(): void {
    isDrained = scheduler.now >= calmAt && oracle.isDrained;
    scheduler.after(250, undefined, look);
  }
  look();
  const isInTime = await scheduler.run(() => isDrained, calmAt + recoveryBoundMs);
  const recoveryMs = scheduler.now - calmAt;
  if (!isInTime) oracle.report(`after ${recoveryBoundMs} ms without a fault, there is lag: ${oracle.describeLag()}`);
  await scheduler.run(() => false, scheduler.now + lateMs);
  oracle.checkEnd();
  const { hash, lines } = scheduler.trace;
  return { seed, faults, violations: oracle.violations, hash, lines, events: scheduler.events, recoveryMs };
}
