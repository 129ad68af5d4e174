import type { LaneName } from '../../schemas/lanes.js';
import { openImageStore } from '../open-ports.js';
import { coloursFor } from './colours.js';
import { exitCodes, WrongUsage } from './exit-codes.js';
import { withClient } from './open-client.js';
import { expandInputs } from './photo-inputs.js';
import { photoLine, summaryLines } from './photo-line.js';
import { photoObject } from './photo-report.js';
import { progressBar } from './progress-bar.js';
import { stopSignal } from './stop-signal.js';
import { tagPhotos } from './tag-photos.js';
import type { TagSummary } from './tag-run.js';

export interface TagCommandOptions {
  readonly lane: LaneName;
  readonly pipeline?: string;
  readonly listing?: string;
  readonly concurrency: number;
  /** Seconds. */
  readonly timeout: number;
  readonly json?: boolean;
}

/** Results go to standard output, the bar and (with `--json`) the summary to standard error. */
export async function runTag(args: readonly string[], options: TagCommandOptions, environment: NodeJS.ProcessEnv): Promise<number> {
  const signal = stopSignal();
  const inputs = await firstReady(expandInputs(args, { ...(options.listing === undefined ? {} : { listing: options.listing }) }));
  try {
    const summary = await withClient('tag', environment, async ({ services, config, topology }) => {
      if (options.pipeline !== undefined && !topology.pipelines.has(options.pipeline)) {
        throw new WrongUsage(`There is no pipeline ${options.pipeline}.`, `Choose from: ${[...topology.pipelines.keys()].join(', ')}.`);
      }
      const colours = coloursFor(process.stdout);
      const bar = progressBar('photos');
      try {
        return await tagPhotos({
          services,
          images: openImageStore(config),
          inputs,
          lane: options.lane,
          pipeline: options.pipeline ?? null,
          concurrency: options.concurrency,
          timeoutMs: options.timeout * 1_000,
          signal,
          onResult(result) {
            bar.makeRoom();
            process.stdout.write(`${options.json ? JSON.stringify(photoObject(result)) : photoLine(result, colours)}\n`);
          },
          onProgress: (found, done) => bar.update(found, done),
        });
      } finally {
        bar.stop();
      }
    });
    const out = options.json ? process.stderr : process.stdout;
    for (const line of summaryLines(summary, coloursFor(out))) out.write(`${line}\n`);
    return exitCodeOf(summary, signal.aborted);
  } finally {
    if (args.includes('-')) process.stdin.destroy(); // a terminal would keep the process alive
  }
}

/** Looks for the first input before anything is connected, so that a wrong path is answered at once. */
async function firstReady<T>(items: AsyncGenerator<T>): Promise<AsyncIterable<T>> {
  const first = await items.next();
  return (async function* again() {
    if (first.done === true) return;
    yield first.value;
    yield* items;
  })();
}

function exitCodeOf({ photos, tagged }: TagSummary, stopped: boolean): number {
  if (tagged === photos && !stopped) return exitCodes.done;
  return stopped ? exitCodes.interrupted : exitCodes.failed;
}
