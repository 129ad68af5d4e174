import { Command, Option } from 'commander';
import { placementNames, type PlacementName } from '../../topology/placements.js';
import { runningCuts } from '../../local/deployment-record.js';
import { exitCodes, exitWith, withUsageExit } from '../client/exit-codes.js';

/** Needs no server. */
export function topologyCommand(): Command {
  return withUsageExit(new Command('topology'))
    .description('Print the lanes, stages, topics, consumer groups, sinks and pipelines.')
    .addOption(new Option('--mermaid', 'print a Mermaid flowchart').conflicts('json'))
    .option('--json', 'print a JSON object')
    .addOption(
      new Option(
        '--placement <name>',
        'placement to show (default: that of the running deployment, else staged)',
      ).choices(placementNames),
    )
    .action(async (options: TopologyOptions) => {
      await exitWith(async () => {
        process.stdout.write(`${await render(options)}\n`);
        return exitCodes.done;
      });
    });
}

interface TopologyOptions {
  readonly mermaid?: boolean;
  readonly json?: boolean;
  readonly placement?: PlacementName;
}

async function render({ mermaid, json, placement }: TopologyOptions): Promise<string> {
  const { FANLIGHT_PLACEMENT, FANLIGHT_DEDICATED } = runningCuts(process.env);
  const { fanlightDescription } = await import('../topology/description.js');
  const description = fanlightDescription(placement ?? FANLIGHT_PLACEMENT, FANLIGHT_DEDICATED);
  if (json) return JSON.stringify(description, null, 2);
  if (mermaid) return (await import('../topology/mermaid.js')).topologyMermaid(description);
  return (await import('../topology/text.js')).topologyText(description);
}
