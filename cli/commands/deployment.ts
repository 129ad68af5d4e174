import { Command } from 'commander';

export function startCommand(): Command {
  return new Command('start')
    .description('Start everything, tag the sample photos, print the result and stay up until Ctrl-C.')
    .option('--once', 'exit after the table', false)
    .option('--photos <dir|file>', 'photos to tag instead: a folder, or a file with one URL per line')
    .action(async (options: { once: boolean; photos?: string }) => {
      const { start } = await import('../start/start.js');
      process.exitCode = await start(options, process.env);
    });
}

export function upCommand(): Command {
  return new Command('up')
    .description('Start the platform, the workers and the gateway.')
    .option('--detach', 'exit once everything runs; the processes keep running', false)
    .action(async (options: { detach: boolean }) => {
      const { up } = await import('../../local/up.js');
      process.exitCode = await up(options, process.env);
    });
}

export function downCommand(): Command {
  return new Command('down')
    .description('Stop the deployment that `up` or `npm start` runs on this machine.')
    .option('--wipe', 'also delete its topics, indexes and objects', false)
    .action(async (options: { wipe: boolean }) => {
      const { down } = await import('../../local/down.js');
      process.exitCode = await down(options, process.env);
    });
}

export function statusCommand(): Command {
  return new Command('status')
    .description('Show processes, readiness and consumer lag.')
    .option('--json', 'print a JSON object', false)
    .action(async (options: { json: boolean }) => {
      const { status } = await import('../../local/status.js');
      process.exitCode = await status(options, process.env);
    });
}

export function doctorCommand(): Command {
  return new Command('doctor')
    .description('Check whether Fanlight can run here: the machine, the pipelines, and every model.')
    .option('--model <id>', 'check only this model, such as scene@1, and the pipelines')
    .option('--json', 'print a JSON object', false)
    .action(async (options: { json: boolean; model?: string }) => {
      const { doctor } = await import('../../local/doctor.js');
      process.exitCode = await doctor(options, process.env);
    });
}
