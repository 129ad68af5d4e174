import { SingleBar } from 'cli-progress';

export interface ProgressBar {
  update(found: number, done: number): void;
  /** Clears the bar's line, so that the next output starts on an empty line; the bar is redrawn soon. */
  makeRoom(): void;
  stop(): void;
}

const nothing: ProgressBar = { update: () => undefined, makeRoom: () => undefined, stop: () => undefined };

/** Draws a bar on standard error if that is a terminal; the total grows as inputs are found. */
export function progressBar(unit: string, stream: NodeJS.WriteStream = process.stderr): ProgressBar {
  if (!stream.isTTY) return nothing;
  const bar = new SingleBar({
    stream,
    format: `{bar} {value}/{total} ${unit} · {duration_formatted}`,
    barsize: 30,
    fps: 5,
    hideCursor: true,
    clearOnComplete: true,
    forceRedraw: true,
    gracefulExit: false,
  });
  bar.start(0, 0);
  return {
    update(found, done) {
      bar.setTotal(found);
      bar.update(done);
    },
    makeRoom: () => void stream.write('\r\u001B[K'),
    stop: () => bar.stop(),
  };
}
