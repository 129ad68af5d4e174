import type { PlannedFault } from '../plan/schedule.js';
import type { Stack } from '../stack/stack.js';

/** The parts of a run that a fault can reach. */
export interface Scene {
  readonly stack: Stack;
  /** Waits (ms). Rejects when the run is stopped. */
  wait(ms: number): Promise<void>;
}

/** Makes a fault happen. Resolves once it is over and what it broke has been started again. */
export type Injector = (fault: PlannedFault, scene: Scene) => Promise<void>;
