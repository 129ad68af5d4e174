import { audit } from '../../audit/audit.js';
import type { LaneName } from '../../schemas/lanes.js';
import { auditText } from './audit-text.js';
import { coloursFor } from '../client/colours.js';
import { exitCodes } from '../client/exit-codes.js';
import { withClient } from '../client/deployment-client.js';

export interface AuditOptions {
  readonly lane: readonly LaneName[];
  readonly json?: boolean;
}

export async function runAudit({ lane, json }: AuditOptions, environment: NodeJS.ProcessEnv): Promise<number> {
  return withClient('audit', environment, async (client) => {
    const result = await audit(client, lane);
    process.stdout.write(`${json ? JSON.stringify(result, null, 2) : auditText(result, coloursFor(process.stdout))}\n`);
    return result.balanced ? exitCodes.done : exitCodes.failed;
  });
}
