import { Command, Option } from 'commander';
import { exitCodes, exitWith, withUsageExit } from '../client/exit-codes.js';

/** Shows what runs; needs no server. */
export function topologyCommand(): Command {
  return withUsageExit(new Command('topology'))
    .description('Print the lanes, stages, topics, consumer groups, sinks and pipelines.')
    .addOption(new Option('--mermaid', 'as a Mermaid flowchart').conflicts('json'))
    .option('--json', 'as JSON')
    .action(async (options: { mermaid?: boolean; json?: boolean }) => {
      await exitWith(async () => {
        process.stdout.write(`${await render(options)}\n`);
        return exitCodes.done;
      });
    });
}

async function render({ mermaid, json }: { mermaid?: boolean; json?: boolean }): Promise<string> {
  const { fanlightDescription } = await import('../client/topology-description.js');
  if (json) return JSON.stringify(fanlightDescription(), null, 2);
  if (mermaid) return (await import('../../topology/describe-mermaid.js')).topologyMermaid(fanlightDescription());
  return (await import('../../topology/describe-text.js')).topologyText(fanlightDescription());
}
