import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { publishUntilAcknowledged } from '../../runtime/kafka/client/acknowledged-publishing.js';
import { listingImageMessage } from '../../runtime/records/listing-image.js';
import { continueTrace } from '../../primitives/trace-context.js';
import type { LaneName } from '../../schemas/lanes.js';
import { eventLineParser } from './event-line.js';
import { exitCodes, WrongUsage } from '../client/exit-codes.js';
import { withClient } from '../client/deployment-client.js';
import { produceEvents } from './event-producer.js';
import { progressBar } from '../client/progress-bar.js';
import { readLines } from '../client/lines.js';
import { stopSignal } from '../client/stop-signal.js';

export interface ProduceCommandOptions {
  readonly lane: LaneName;
  readonly strict?: boolean;
  readonly json?: boolean;
}

/** Writes invalid lines to standard error and the summary to standard output. */
export async function runProduce(
  file: string,
  options: ProduceCommandOptions,
  environment: NodeJS.ProcessEnv,
): Promise<number> {
  const signal = stopSignal();
  const input = await openInput(file, signal);
  const bar = progressBar('events');
  try {
    const summary = await withClient('produce', environment, async ({ services, topology }) => {
      const { codec, clock, publisher, logger, random, randomHex } = services;
      return produceEvents({
        lines: readLines(untilStopped(input, signal)),
        parse: eventLineParser([...topology.pipelines.keys()]),
        strict: options.strict ?? false,
        signal,
        async send(events) {
          const messages = events.map((event) =>
            listingImageMessage(event, {
              lane: options.lane,
              codec,
              now: clock.now(),
              source: '/fanlight/cli',
              traceparent: continueTrace(undefined, randomHex).traceparent,
              client: 'cli',
            }),
          );
          await publishUntilAcknowledged(publisher, await Promise.all(messages), { signal, clock, logger, random });
        },
        onInvalid(line, problems) {
          bar.makeRoom();
          process.stderr.write(`line ${line}: ${problems.join('; ')}\n`);
        },
        onSent: (sent) => bar.update(sent, sent),
      });
    });
    bar.stop();
    process.stdout.write(
      `${options.json ? JSON.stringify({ lane: options.lane, ...summary }) : describe(summary, options)}\n`,
    );
    if (signal.aborted) return exitCodes.interrupted;
    return summary.invalid === 0 ? exitCodes.done : exitCodes.failed;
  } finally {
    bar.stop();
    input.destroy();
  }
}

function describe(
  { sent, invalid, complete }: { sent: number; invalid: number; complete: boolean },
  { lane }: ProduceCommandOptions,
): string {
  const rest = invalid === 0 ? '' : `; ${invalid} invalid ${invalid === 1 ? 'line' : 'lines'} skipped`;
  return `${sent} events sent to listing-images.${lane}${rest}.${complete ? '' : ' The rest of the input was not read.'}`;
}

async function openInput(file: string, signal: AbortSignal) {
  const stream = file === '-' ? process.stdin : createReadStream(await existing(file));
  signal.addEventListener('abort', () => stream.destroy(), { once: true }); // ends a wait for the next line
  return stream;
}

async function* untilStopped(
  stream: AsyncIterable<Uint8Array | string>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array | string> {
  try {
    yield* stream;
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

async function existing(file: string): Promise<string> {
  const found = await stat(file).catch((error: NodeJS.ErrnoException) => error);
  if (!(found instanceof Error) && !found.isDirectory()) return file;
  const reason = found instanceof Error ? found.message : 'it is a folder';
  throw new WrongUsage(
    `${file} cannot be read: ${reason}.`,
    'Give a file with one JSON object per line, or - for standard input.',
  );
}
