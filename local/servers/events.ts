import type { PartName } from './parts/part.js';

/** A progress report of `startPlatform`: `done` of `total` parts have finished the step. */
export interface PlatformProgress {
  /**
   * `fetch`: downloading and unpacking; `warm-up`: one trial start that records the loaded classes, which halves every
   * later start; `start`: starting for use. `done` and `skipped` end a step for a part.
   */
  readonly step: 'fetch' | 'warm-up' | 'start';
  readonly state: 'begun' | 'done' | 'skipped';
  readonly part: PartName;
  readonly title: string;
  readonly done: number;
  readonly total: number;
  /** Time since the step began for this part. */
  readonly elapsedMs: number;
  /** Reason of a skipped step. */
  readonly reason?: string;
}

export type OnProgress = (progress: PlatformProgress) => void;

interface Step {
  readonly step: PlatformProgress['step'];
  readonly total: number;
  readonly onProgress: OnProgress;
}

/** Counts the parts of one step and reports each. */
export function stepReporter({
  step,
  total,
  onProgress,
}: Step): <T>(
  part: { readonly name: PartName; readonly title: string },
  work: (skip: (reason: string) => void) => Promise<T>,
) => Promise<T> {
  let done = 0;
  return async (part, work) => {
    const begun = performance.now();
    const report = (state: PlatformProgress['state'], reason?: string): void => {
      onProgress({
        ...{ step, state, part: part.name, title: part.title, done, total },
        elapsedMs: Math.round(performance.now() - begun),
        ...(reason === undefined ? {} : { reason }),
      });
    };
    report('begun');
    let skipped: string | undefined;
    const result = await work((reason) => {
      skipped = reason;
    });
    done += 1;
    report(skipped === undefined ? 'done' : 'skipped', skipped);
    return result;
  };
}
