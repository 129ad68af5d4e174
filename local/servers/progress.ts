import { SingleBar } from 'cli-progress';
import type { OnProgress, PlatformProgress } from './events.js';

const VERBS: Readonly<Record<PlatformProgress['step'], readonly [doing: string, done: string]>> = {
  fetch: ['fetching', 'fetched'],
  'warm-up': ['warming up (first time only)', 'warmed up'],
  start: ['starting', 'started'],
};

/** Shows progress on a stream: one bar per step on a terminal, else plain lines. */
export function showProgress(stream: NodeJS.WriteStream): OnProgress {
  return stream.isTTY ? bars(stream) : lines((line) => stream.write(`${line}\n`));
}

/** Writes one line when a part begins a slow step, and one when a part has finished a step. */
export function lines(write: (line: string) => void): OnProgress {
  return (progress) => {
    const line = describe(progress);
    if (line !== undefined) write(line);
  };
}

function describe({ step, state, title, done, total, elapsedMs, reason }: PlatformProgress): string | undefined {
  const [doing, finished] = VERBS[step];
  if (state === 'begun') return step === 'start' ? undefined : `${doing}: ${title}`;
  if (state === 'skipped') return `${title} not ${finished}, continuing without it: ${reason ?? 'no reason given'}`;
  return `${finished}: ${title} (${done}/${total}, ${(elapsedMs / 1000).toFixed(1)} s)`;
}

function bars(stream: NodeJS.WriteStream): OnProgress {
  let bar: SingleBar | undefined;
  let step: PlatformProgress['step'] | undefined;
  const busy = new Set<string>();
  return (progress) => {
    if (progress.step !== step) {
      bar?.stop();
      busy.clear();
      step = progress.step;
      bar = new SingleBar({ stream, format: '{doing} [{bar}] {value}/{total} {busy}', barsize: 24, hideCursor: true });
      bar.start(progress.total, 0, { doing: VERBS[step][0], busy: '' });
    }
    if (progress.state === 'begun') busy.add(progress.title);
    else busy.delete(progress.title);
    bar?.update(progress.done, { busy: [...busy].join(', ') });
    if (progress.done === progress.total) bar?.stop();
  };
}
