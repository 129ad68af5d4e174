import { Command } from 'commander';
import { exitWith, withUsageExit } from '../client/exit-codes.js';
import { jsonOption, lanesOption } from '../client/options.js';
import type { AuditOptions } from '../audit/audit.js';

/** Proves that whatever entered is accounted for. */
export function auditCommand(): Command {
  return withUsageExit(new Command('audit'))
    .description(
      'Check that inputs = results + dead letters + in flight, lane by lane, also while work goes on. Exits with 1 when an input is lost.',
    )
    .addOption(lanesOption('lanes to audit'))
    .addOption(jsonOption('print a JSON object'))
    .action(async (options: AuditOptions) => {
      await exitWith(async () => (await import('../audit/audit.js')).runAudit(options, process.env));
    });
}
