import { readLake } from './oracle/stores.js';
import { endFindings, lakeRows } from './oracle/verdict.js';
import { emptyRow, type Row } from './report/row.js';
import type { RunContext } from './schedule-run.js';

/**
 * Ends all processes by SIGTERM, and reads the lake once more: a request that a former owner sent in an earlier
 * schedule may have reached it since.
 */
export async function endRun({ stack, objects, history }: RunContext): Promise<Row> {
  const begun = performance.now();
  const ends = await stack.fleet.close();
  const { rows } = await readLake(objects);
  const findings = [
    ...ends.flatMap(endFindings),
    ...history.flatMap(({ sent, topics }) => lakeRows(sent, { topics, rows })),
  ];
  const schedule = { number: history.length, family: 'end', load: { kind: 'events', count: 0, perSecond: 0 } } as const;
  const tookMs = performance.now() - begun;
  return emptyRow({ ...schedule, workers: {}, faults: [] }, { findings, ends, tookMs });
}
