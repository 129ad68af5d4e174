import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A process that exits with code 7 while the ONNX thread is inside a batch. */
const script = `
  import { loadCard } from './models/card.js';
  import { loadOnnx } from './models/onnx/session.js';
  const dir = 'models/catalogue/scene@1';
  const model = await loadOnnx(loadCard(dir), dir, { threads: 1, device: 'cpu' });
  const batch = Array.from({ length: 4 }, () => new Uint8Array(224 * 224 * 3));
  await model.run(batch);
  for (let i = 0; i < 4; i += 1) void model.run(batch).catch(() => undefined);
  setTimeout(() => process.exit(7), 60);
`;

test('a process that exits during a batch keeps its exit code and is not aborted', () => {
  const { status, signal, stderr } = spawnSync(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '--eval', script],
    { cwd: root, encoding: 'utf8' },
  );
  expect({ status, signal, stderr }).toEqual({ status: 7, signal: null, stderr: '' });
}, 60_000);
