import './stores/synchronous-deflate.js';
import { endsAtMs, landsAtMs } from './world/faults.js';
import { inject } from './world/injection.js';
import type { Plan } from './world/plan.js';
import { World } from './world/world.js';

export interface SimulationResult {
  /** Empty: nothing is wrong. */
  readonly violations: readonly string[];
  /** The same plan gives the same hash. */
  readonly hash: string;
  /** The trace; empty unless it was asked for. */
  readonly lines: readonly string[];
  /** Time from the end of the last fault until everything is processed (ms). */
  readonly recoveryMs: number;
}

/** Longest time (ms) in which everything has to be processed after the last fault has ended. */
const recoveryBoundMs = 120_000;
/** Time (ms) after the end in which ordinary requests on their way land. */
const lateMs = 3_000;

/** Runs a plan. Simulations must not overlap: all of them share the clock of this process. */
export async function simulate(plan: Plan, { keepLines = false } = {}): Promise<SimulationResult> {
  const world = new World(plan, keepLines);
  const { scheduler, oracle } = world;
  const startedAt = scheduler.now;
  const calmAt = startedAt + Math.max(plan.settings.sendingMs, ...plan.faults.map(endsAtMs));
  await world.start();
  inject(world, plan.faults);

  let isDrained = false;
  function look(): void {
    isDrained = scheduler.now >= calmAt && oracle.isDrained;
    scheduler.after(250, undefined, look);
  }
  look();
  const isInTime = await scheduler.run(() => isDrained, calmAt + recoveryBoundMs);
  const recoveryMs = scheduler.now - calmAt;
  if (!isInTime) oracle.report(`after ${recoveryBoundMs} ms without a fault, there is lag: ${oracle.describeLag()}`);
  const lastLanding = Math.max(0, ...plan.faults.map(landsAtMs));
  await scheduler.run(() => false, Math.max(scheduler.now, startedAt + lastLanding) + lateMs);
  oracle.checkEnd();
  const { hash, lines } = scheduler.trace;
  return { violations: oracle.violations, hash, lines, recoveryMs };
}
