import Table from 'cli-table3';
import type { EvaluatedModel } from './evaluator.js';
import type { Confusion, Figure } from './evaluation.js';

const style = { head: [], border: [], compact: true };

/** Formats the results for a terminal: one table of all figures, then the confusion tables. */
export function printEvaluations(results: readonly EvaluatedModel[]): string {
  const table = new Table({
    head: ['model', 'what', 'share', '95 % interval', 'of'],
    colAligns: ['left', 'left', 'right', 'right', 'right'],
    style,
  });
  for (const { model, figures } of results) {
    if (figures.length === 0) table.push([model, { content: 'no labelled data here', colSpan: 4 }]);
    for (const figure of figures) {
      const { low, high } = intervalOf(figure);
      table.push([
        model,
        figure.what,
        percent(figure.hits / figure.of),
        `${percent(low)} to ${percent(high)}`,
        figure.of,
      ]);
    }
  }
  const confusions = results.flatMap(({ model, confusion }) =>
    confusion ? [`${model}, rows are labels:\n${printConfusion(confusion)}`] : [],
  );
  return [table.toString(), ...confusions].join('\n\n');
}

function printConfusion(confusion: Confusion): string {
  const labels = Object.keys(confusion).sort();
  const columns = [...new Set([...labels, ...Object.values(confusion).flatMap((row) => Object.keys(row))])].sort();
  const table = new Table({ head: ['label \\ predicted', ...columns], style });
  for (const label of labels) table.push([label, ...columns.map((column) => confusion[label]?.[column] ?? '')]);
  return table.toString();
}

/** Wilson's score interval (Wilson 1927), which also holds near 0 and 1. */
export function intervalOf({ hits, of }: Pick<Figure, 'hits' | 'of'>): { readonly low: number; readonly high: number } {
  const z2 = 1.96 ** 2;
  const centre = (hits + z2 / 2) / (of + z2);
  const half = (Math.sqrt(z2) / (of + z2)) * Math.sqrt((hits * (of - hits)) / of + z2 / 4);
  return { low: Math.max(0, centre - half), high: Math.min(1, centre + half) };
}

function percent(share: number): string {
  return Number.isNaN(share) ? '-' : `${(100 * share).toFixed(1)} %`;
}
