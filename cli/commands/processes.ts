import { Command } from 'commander';

/** The operator runs it once, before the workers of a deployment on the operator's own servers. */
export function prepareCommand(): Command {
  return new Command('prepare')
    .description('Create the topics, schemas and buckets that workers need. Safe to repeat.')
    .action(async () => {
      const { prepareDeployment } = await import('../../processes/preparation.js');
      await prepareDeployment(process.env);
      process.stdout.write('Topics, schemas and the image bucket exist.\n');
      await end('prepare', 0);
    });
}

/** Runs one worker in the foreground, as in a container. */
export function workerCommand(): Command {
  return new Command('worker')
    .description(
      'Run one worker until SIGTERM: a stage (fetch, preprocess, infer, compose), fair sharing of lanes among clients (share), the retry relay (retry), job results (jobs, callbacks) or a sink (sink-<name>).',
    )
    .argument('<stage>', 'stage, share, retry, jobs, callbacks, or sink-<name>')
    .option('--lanes <lanes>', 'comma-separated lanes (default: all)')
    .option('--queue <name>', 'only this dedicated queue (default: the queue that all other clients and models share)')
    .option('--device <device>', 'device that models run on: auto, cpu, cuda or webgpu (default: FANLIGHT_DEVICE)')
    .action(async (stage: string, { lanes, queue, device }: { lanes?: string; queue?: string; device?: string }) => {
      const { runWorker } = await import('../../processes/worker/worker.js');
      const exitCode = await runWorker(
        stage,
        { lanes, queue },
        device === undefined ? process.env : { ...process.env, FANLIGHT_DEVICE: device },
      );
      await end(stage, exitCode);
    });
}

export function gatewayCommand(): Command {
  return new Command('gateway')
    .description('Serve the HTTP gateway until SIGTERM (FANLIGHT_HTTP_HOST, FANLIGHT_HTTP_PORT).')
    .action(async () => {
      const { runGateway } = await import('../../processes/gateway/gateway.js');
      await end('gateway', await runGateway(process.env));
    });
}

/** Ends this process, also while a connection is open. */
async function end(name: string, exitCode: number): Promise<void> {
  const { endProcess } = await import('../../processes/process-end.js');
  const { createLogger } = await import('../../processes/services.js');
  endProcess(exitCode, createLogger(name, 'warn'));
}
