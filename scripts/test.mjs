// Runs all checks of CI, the cheapest first. The last line of the output counts passed and failed tests.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'fanlight-tests-'));
const checks = [
  ['types', ['npm', 'run', '--silent', 'types']],
  ['import rules and cycles', ['npm', 'run', '--silent', 'rules']],
  ['lint', ['npm', 'run', '--silent', 'lint']],
  ['build', ['npm', 'run', '--silent', 'build']],
];
// Steps run one after another, the projects of a step together: `docs` uses the CPU, while `int` waits for servers.
const steps = [['unit'], ['models'], ['simulation'], ['int', 'docs'], ['e2e']];

let [passed, failed, skipped] = [0, 0, 0];
// Failures are printed again at the end, because often only the end of a long output is kept.
const failures = [];
for (const [name, command] of checks) {
  const startedAt = performance.now();
  const { code } = await run(command);
  if (code === 0) passed += 1;
  else fail(name, 'see above');
  console.log(`${code === 0 ? 'ok' : 'FAILED'}: ${name} (${Math.round((performance.now() - startedAt) / 1000)} s)`);
}
for (const [first, ...others] of steps) {
  const beside = others.map((project) => test(project, 'pipe'));
  await test(first, 'inherit');
  for (const { output } of await Promise.all(beside)) process.stdout.write(output);
}
await testNewerNode();
rmSync(folder, { recursive: true, force: true });
for (const { name, message } of failures) console.log(`FAILED: ${name}: ${message}`);
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = failed === 0 ? 0 : 1;

/** Runs a clean install and a few tests under the newest long-term version of Node; skipped without an npm registry. */
async function testNewerNode() {
  const name = 'Node 24';
  const startedAt = performance.now();
  const { code } = await run(['node', 'scripts/node-versions.mjs', '24', '--small']);
  if (code === 0) passed += 1;
  else if (code === 3) skipped += 1;
  else fail(name, 'see above');
  const outcome = { 0: 'ok', 3: 'skipped' }[code] ?? 'FAILED';
  console.log(`${outcome}: ${name} (${Math.round((performance.now() - startedAt) / 1000)} s)`);
}

async function test(project, stdio) {
  const report = join(folder, `${project}.json`);
  const ended = await run(
    [
      'npx',
      'vitest',
      'run',
      '--project',
      project,
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
    ],
    stdio,
  );
  count(project, report, ended.code);
  return ended;
}

/** Runs a command. With `pipe`, its output is returned instead of printed. */
function run([command, ...args], stdio = 'inherit') {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', stdio, stdio] });
    const output = [];
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => output.push(chunk));
    child.on('close', (code) => resolve({ code: code ?? 1, output: Buffer.concat(output) }));
  });
}

function count(project, report, code) {
  try {
    const { numPassedTests, numPendingTests, testResults } = JSON.parse(readFileSync(report, 'utf8'));
    passed += numPassedTests;
    skipped += numPendingTests;
    const before = failed;
    for (const { name, message, assertionResults } of testResults) {
      const file = relative(process.cwd(), name);
      const failedTests = assertionResults.filter(({ status }) => status === 'failed');
      for (const { fullName, failureMessages } of failedTests) fail(`${file} > ${fullName}`, failureMessages[0]);
      if (failedTests.length === 0 && message) fail(file, message); // the file failed to load
    }
    if (code !== 0 && failed === before) fail(project, 'failed outside of its tests, see above');
  } catch (error) {
    fail(project, `the tests did not finish: ${error.message}`);
  }
}

function fail(name, message) {
  failed += 1;
  failures.push({ name, message: String(message).split('\n')[0] });
}
