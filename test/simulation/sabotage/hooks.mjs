// Module hooks that change the source of the product on its way to the compiler. `register.mjs` installs them.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** @type {{ file: string, from: string, to: string }[]} */
let edits = [];

export function initialize(data) {
  edits = data.edits;
}

export async function load(url, context, nextLoad) {
  const path = url.startsWith('file:') ? fileURLToPath(url.split('?')[0]) : '';
  const mine = edits.filter(({ file }) => path === file);
  if (mine.length === 0) return nextLoad(url, context);
  let source = readFileSync(path, 'utf8');
  for (const { from, to } of mine) {
    // A sabotage that changes nothing would pass for one that the simulation does not find.
    if (source.split(from).length !== 2) throw new Error(`${path} does not have this text exactly once: ${from}`);
    source = source.replace(from, () => to);
  }
  return { format: 'module', source, shortCircuit: true };
}
