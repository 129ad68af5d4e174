import { readLake } from './oracle/stores.js';
import { endFindings, lakeRows } from './oracle/verdict.js';
import { emptyRow, type Row } from './report/row.js';
import type { RunContext } from './schedule-run.js';

/**
 * Ends all processes by SIGTERM, and reads the lake once more: a request that a former owner sent in an earlier
 * schedule may have reached it since. Reports only what the rows before do not.
 */
export async function endRun({ stack, objects, history }: RunContext, before: readonly Row[]): Promise<Row> {
  const begun = performance.now();
  const ends = await stack.fleet.close();
  const { rows } = await readLake(objects);
  const known = new Set(before.flatMap((row) => row.findings.map(({ text }) => text)));
  const found = [
    ...ends.flatMap(endFindings),
    ...history.flatMap(({ sent, topics }) => lakeRows(sent, { topics, rows })),
  ];
  const findings = found.filter(({ text }) => !known.has(text));
  const schedule = { number: history.length, family: 'end', load: { kind: 'events', count: 0, perSecond: 0 } } as const;
  const tookMs = performance.now() - begun;
  return emptyRow({ ...schedule, workers: {}, faults: [] }, { findings, ends, tookMs });
}
