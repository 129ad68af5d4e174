import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { packagePath } from '../primitives/package-root.js';
import { endRun } from './ending.js';
import { makePhotos } from './load/photos.js';
import { openSender } from './load/sender.js';
import { watchedGroups } from './oracle/groups.js';
import { createKafkaOracle } from './oracle/kafka.js';
import { openObjectReader } from './oracle/objects.js';
import { calm } from './plan/calm.js';
import type { Schedule } from './plan/schedule.js';
import { emptyRow, isGreen, type Row } from './report/row.js';
import { runSchedule, type RunContext } from './schedule-run.js';
import { openStack } from './stack/stack.js';

export interface RunOptions {
  readonly schedules: readonly Schedule[];
  readonly seed: number;
  /** `FANLIGHT_DELIVERY` of all processes. Default: not set. */
  readonly delivery?: string | undefined;
  /** Keeps data and logs although all schedules are green. Default: false. */
  readonly keep?: boolean;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
  readonly onSchedule?: (schedule: Schedule) => void;
  readonly onRow: (row: Row) => void;
}

/** Runs the schedules one after another on one set of real servers and processes. Keeps the logs of a failure. */
export async function runSchedules(options: RunOptions): Promise<readonly Row[]> {
  const { schedules, seed, delivery, signal, say, onRow } = options;
  const folder = await mkdtemp(join(tmpdir(), 'fanlight-chaos-'));
  say(`starting servers and processes in ${folder}`);
  const photos = await makePhotos();
  const stack = await openStack({
    folder,
    photos: photos.map(({ bytes }) => bytes),
    variables: delivery === undefined ? {} : { FANLIGHT_DELIVERY: delivery },
  });
  const rows: Row[] = [];
  const report = (row: Row) => {
    rows.push(row);
    onRow(row);
  };
  try {
    const { addresses } = stack.servers;
    await createWebhookSecret(stack.environment);
    const sender = await openSender(addresses);
    const objects = openObjectReader(addresses);
    const context: RunContext = {
      ...{ stack, sender, objects, photos, seed, signal },
      oracle: createKafkaOracle(addresses.kafkaBrokers),
      groups: watchedGroups(),
      exactlyOnce: delivery === 'transactions',
      history: [],
    };
    const first = schedules.some(({ load }) => load.kind === 'events') ? [calm] : [];
    for (const schedule of [...first, ...schedules]) {
      signal.throwIfAborted();
      options.onSchedule?.(schedule);
      report(await judged(context, schedule));
      // Nothing can be said about faults when the run fails without one.
      if (schedule === calm && !rows.every(isGreen)) break;
    }
    report(await endRun(context, rows));
    await sender.close();
    objects.close();
  } finally {
    await stack.close();
  }
  if (options.keep !== true && rows.length > schedules.length && rows.every(isGreen))
    await rm(folder, { recursive: true, force: true });
  else say(`data and logs are kept in ${folder}`);
  return rows;
}

async function judged(context: RunContext, schedule: Schedule): Promise<Row> {
  const begun = performance.now();
  try {
    return await runSchedule(context, schedule);
  } catch (error) {
    context.signal.throwIfAborted();
    const text = `the schedule could not be judged: ${(error as Error).message}`;
    return emptyRow(schedule, { findings: [{ kind: 'wrong', text }], ends: [], tookMs: performance.now() - begun });
  }
}

/** Without a secret, no webhook is sent. */
async function createWebhookSecret(environment: NodeJS.ProcessEnv): Promise<void> {
  const program = packagePath('dist', 'cli', 'main.js');
  await promisify(execFile)(process.execPath, [program, 'webhooks', 'secret', 'anyone'], { env: environment });
}
