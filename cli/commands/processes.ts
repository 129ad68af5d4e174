import { Command } from 'commander';

/** Run once before the workers of a deployment on servers of one's own. */
export function prepareCommand(): Command {
  return new Command('prepare')
    .description('Create the topics, schemas and buckets that workers expect. Safe to repeat.')
    .action(async () => {
      const { prepareDeployment } = await import('../../processes/prepare.js');
      await prepareDeployment(process.env);
      process.stdout.write('Topics, schemas and the image bucket are there.\n');
    });
}

/** What a container runs. */
export function workerCommand(): Command {
  return new Command('worker')
    .description(
      'Run one stage (fetch, preprocess, infer, compose), what shares lanes among clients (share), the retry relay (retry), results of jobs (jobs, callbacks) or one sink (sink-<name>) until SIGTERM.',
    )
    .argument('<stage>', 'stage, share, retry, jobs, callbacks, or sink-<name>')
    .option('--lanes <lanes>', 'comma-separated lanes (default: all)')
    .option('--queue <name>', 'only this dedicated queue (default: the one for all who have none)')
    .option('--device <device>', 'what models compute on: auto, cpu, cuda or webgpu (default: FANLIGHT_DEVICE)')
    .action(async (stage: string, { lanes, queue, device }: { lanes?: string; queue?: string; device?: string }) => {
      const { runWorker } = await import('../../processes/worker/worker.js');
      process.exitCode = await runWorker(
        stage,
        { lanes, queue },
        device === undefined ? process.env : { ...process.env, FANLIGHT_DEVICE: device },
      );
    });
}

export function gatewayCommand(): Command {
  return new Command('gateway')
    .description('Serve the HTTP gateway until SIGTERM (FANLIGHT_HTTP_HOST, FANLIGHT_HTTP_PORT).')
    .action(async () => {
      const { runGateway } = await import('../../processes/gateway/gateway.js');
      process.exitCode = await runGateway(process.env);
    });
}
