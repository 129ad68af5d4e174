// All that CI runs, in the order in which failures are cheapest to hear of. The last line counts the tests.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'fanlight-tests-'));
const report = join(folder, 'report.json');
const checks = [
  ['types', ['npm', 'run', '--silent', 'types']],
  ['import rules and cycles', ['npm', 'run', '--silent', 'rules']],
  ['lint', ['npm', 'run', '--silent', 'lint']],
  ['build', ['npm', 'run', '--silent', 'build']],
];

let failed = 0;
for (const [name, command] of checks) {
  const startedAt = performance.now();
  const code = await run(command);
  if (code !== 0) failed += 1;
  console.log(`${code === 0 ? 'ok' : 'FAILED'}: ${name} (${Math.round((performance.now() - startedAt) / 1000)} s)`);
}
await run(['npx', 'vitest', 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`]);
const counts = readCounts();
rmSync(folder, { recursive: true, force: true });
const { passed, skipped } = counts;
failed += counts.failed;
console.log(`${passed + checks.length - (failed - counts.failed)} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = failed === 0 ? 0 : 1;

function run([command, ...args]) {
  return new Promise((resolve) => spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'] }).on('exit', (code) => resolve(code ?? 1)));
}

function readCounts() {
  try {
    const { numPassedTests, numFailedTests, numFailedTestSuites, numPendingTests, success } = JSON.parse(readFileSync(report, 'utf8'));
    // A file that does not even load has no failed test; a run that failed without one is still a failure.
    const suites = numFailedTests === 0 ? Math.max(numFailedTestSuites, success ? 0 : 1) : numFailedTests;
    return { passed: numPassedTests, failed: suites, skipped: numPendingTests };
  } catch (error) {
    console.log(`The tests did not finish: ${error.message}`);
    return { passed: 0, failed: 1, skipped: 0 };
  }
}
