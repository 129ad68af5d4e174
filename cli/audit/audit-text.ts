import Table from 'cli-table3';
import type { Colours } from '../client/colours.js';
import type { Audit } from '../../audit/audit.js';
import type { LaneAudit } from '../../audit/lane.js';

export function auditText({ balanced, lanes, sinks }: Audit, colours: Colours): string {
  const style = { head: [], border: colours.isColorSupported ? ['gray'] : [], compact: true };
  const bold = (titles: string[]) => titles.map((title) => colours.bold(title));
  const laneTable = new Table({
    head: bold(['lane', 'inputs', '= tagged', '+ dead letters', '+ cancelled', '+ in flight', '+ lost', 'repeats']),
    style,
    colAligns: ['left', ...Array<'right'>(7).fill('right')],
  });
  for (const { lane, inputs, tagged, dead, cancelled, inFlight, lost, repeats } of lanes) {
    laneTable.push([
      lane,
      inputs.distinct,
      tagged,
      dead,
      cancelled,
      inFlight,
      lost > 0 ? colours.red(String(lost)) : lost,
      repeats,
    ]);
  }
  const sinkTable = new Table({
    head: bold(['sink', 'results to write', 'dead letters']),
    style,
    colAligns: ['left', 'right', 'right'],
  });
  for (const { sink, lag, deadLetters } of sinks) sinkTable.push([sink, lag, deadLetters]);
  return [
    laneTable.toString(),
    sinkTable.toString(),
    ...lanes.flatMap(notes),
    balanced
      ? colours.green('Balanced: every input is tagged, a dead letter, cancelled or in flight.')
      : colours.red(
          `Not balanced: ${lanes.reduce((sum, { lost }) => sum + lost, 0)} inputs are lost: neither tagged, a dead letter, cancelled nor in flight.`,
        ),
  ].join('\n');
}

function notes({ lane, unexpected, expired, lost, examples }: LaneAudit): string[] {
  return [
    ...(unexpected > 0 ? [`${lane}: the inputs of ${unexpected} results have been deleted by retention.`] : []),
    ...(expired > 0
      ? [`${lane}: ${expired} inputs are older than the retention of results; their outcome is unknown.`]
      : []),
    ...examples.map(
      ({ event, origin, listingId, time }) =>
        `${lane}: lost ${event} (listing ${listingId ?? 'unknown'}, ${time}, ce_id ${origin})`,
    ),
    ...(lost > examples.length ? [`${lane}: ${lost - examples.length} more lost inputs.`] : []),
  ];
}
