import { Command } from 'commander';

/** What a container runs. */
export function workerCommand(): Command {
  return new Command('worker')
    .description('Run one stage (fetch, preprocess, infer, compose), the retry relay (retry) or one sink (sink-<name>) until SIGTERM.')
    .argument('<stage>', 'stage, retry, or sink-<name>')
    .option('--lanes <lanes>', 'comma-separated lanes (default: all)')
    .action(async (stage: string, { lanes }: { lanes?: string }) => {
      const { runWorker } = await import('./worker.js');
      process.exitCode = await runWorker(stage, lanes, process.env);
    });
}

export function gatewayCommand(): Command {
  return new Command('gateway')
    .description('Serve the HTTP gateway until SIGTERM (FANLIGHT_HTTP_HOST, FANLIGHT_HTTP_PORT).')
    .action(async () => {
      const { runGateway } = await import('./gateway.js');
      process.exitCode = await runGateway(process.env);
    });
}
