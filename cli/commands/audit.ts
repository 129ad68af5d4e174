import { Command } from 'commander';
import { exitWith, withUsageExit } from '../client/exit-codes.js';
import { jsonOption, lanesOption } from '../client/options.js';
import type { AuditOptions } from '../audit/audit.js';

export function auditCommand(): Command {
  return withUsageExit(new Command('audit'))
    .description(
      'Check for each lane that every input is tagged, a dead letter, cancelled or in flight. Works while records move. Exits with 1 if an input is lost.',
    )
    .addOption(lanesOption('lanes to audit'))
    .addOption(jsonOption('print a JSON object'))
    .action(async (options: AuditOptions) => {
      await exitWith(async () => (await import('../audit/audit.js')).runAudit(options, process.env));
    });
}
