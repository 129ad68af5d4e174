import { defaultLimits } from '../../gateway/limits.js';
import { systemClock, type Clock } from '../../primitives/clock.js';
import type { LaneName } from '../../schemas/lanes.js';
import { openImageStore } from '../../processes/pipeline-ports.js';
import { coloursFor } from '../client/colours.js';
import { exitCodes, WrongUsage } from '../client/exit-codes.js';
import { gatewayTransport } from './gateway-transport.js';
import { kafkaTransport } from './kafka-transport.js';
import { withClient } from '../client/deployment-client.js';
import { expandInputs, type PhotoInput } from './photo-inputs.js';
import { photoLine, summaryLines } from './photo-line.js';
import { photoObject } from './photo-report.js';
import { progressBar } from '../client/progress-bar.js';
import { stopSignal } from '../client/stop-signal.js';
import { runTagging, type TagSummary } from './tag-run.js';
import type { TagTransport } from './tag-transport.js';

export interface TagCommandOptions {
  readonly lane: LaneName;
  readonly pipeline?: string;
  readonly listing?: string;
  readonly concurrency?: number;
  /** Timeout (s). */
  readonly timeout: number;
  readonly json?: boolean;
  /** Gateway to use instead of Kafka. */
  readonly gateway?: URL;
  readonly key?: string;
}

/** Writes results to standard output; the bar and (with `--json`) the summary to standard error. */
export async function runTag(
  args: readonly string[],
  options: TagCommandOptions,
  environment: NodeJS.ProcessEnv,
): Promise<number> {
  const signal = stopSignal();
  const inputs = await firstReady(
    expandInputs(args, { ...(options.listing === undefined ? {} : { listing: options.listing }) }),
  );
  try {
    const tagBy = (transport: TagTransport, clock: Clock) => tagShowing({ inputs, transport, clock, signal }, options);
    const summary = await (options.gateway === undefined
      ? tagByKafka(options, environment, signal, tagBy)
      : tagBy(
          gatewayTransport({
            gateway: options.gateway,
            key: options.key,
            pipeline: options.pipeline ?? null,
            clock: systemClock,
            signal,
          }),
          systemClock,
        ));
    const out = options.json ? process.stderr : process.stdout;
    for (const line of summaryLines(summary, coloursFor(out))) out.write(`${line}\n`);
    return exitCodeOf(summary, signal.aborted);
  } finally {
    if (args.includes('-')) process.stdin.destroy(); // a terminal would keep the process alive
  }
}

function tagByKafka(
  { lane, pipeline }: TagCommandOptions,
  environment: NodeJS.ProcessEnv,
  signal: AbortSignal,
  tagBy: (transport: TagTransport, clock: Clock) => Promise<TagSummary>,
): Promise<TagSummary> {
  return withClient('tag', environment, ({ services, config, topology }) => {
    if (pipeline !== undefined && !topology.pipelines.has(pipeline)) {
      throw new WrongUsage(
        `There is no pipeline ${pipeline}.`,
        `Choose from: ${[...topology.pipelines.keys()].join(', ')}.`,
      );
    }
    return tagBy(
      kafkaTransport({ services, images: openImageStore(config), lane, pipeline: pipeline ?? null, signal }),
      services.clock,
    );
  });
}

interface Tagging {
  readonly inputs: AsyncIterable<PhotoInput>;
  readonly transport: TagTransport;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Prints each result when it arrives, with a progress bar. */
async function tagShowing(
  tagging: Tagging,
  { gateway, concurrency, timeout, json }: TagCommandOptions,
): Promise<TagSummary> {
  const colours = coloursFor(process.stdout);
  const bar = progressBar('photos');
  try {
    return await runTagging({
      ...tagging,
      concurrency: concurrency ?? (gateway === undefined ? 8 : defaultLimits.images),
      timeoutMs: timeout * 1_000,
      onResult(result) {
        bar.makeRoom();
        process.stdout.write(`${json ? JSON.stringify(photoObject(result)) : photoLine(result, colours)}\n`);
      },
      onProgress: (found, done) => bar.update(found, done),
    });
  } finally {
    bar.stop();
  }
}

/** Reads the first input before any connection is opened, so that a wrong path is reported at once. */
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
