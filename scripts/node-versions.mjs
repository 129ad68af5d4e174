// Tests Fanlight under other versions of Node: a clean install and the tests, in a temporary copy of the checkout.
//   npm run test:node -- 22 24           all unit tests under each version
//   npm run test:node -- 24 --small      the built program and tests of each native addon (`npm test` runs this form)
//   npm run test:node -- 22 --start      also `npm start -- --once`, with its own state folder and ports
// Exit code: 0 every version passed, 1 a version failed, 2 invalid arguments, 3 the npm registry is unreachable.
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

/** The files load sharp and jpeg-turbo, snappy and lz4-napi, and onnxruntime-node with a real model. */
const smallTests = [
  'test/processors/decode-image.unit.test.ts',
  'test/processors/resize-image.unit.test.ts',
  'test/runtime/kafka/compression/codecs.unit.test.ts',
  'test/models/onnx/onnx.model.test.ts',
];

/** npm prints one of these codes when it cannot reach the registry. */
const unreachable = /\b(?:ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ENETUNREACH|ENOTCACHED)\b/;

const root = join(import.meta.dirname, '..');
const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stopping.abort());

const { versions, small, start } = readCall();
const exitCodes = [];
for (const version of versions) exitCodes.push(await tryVersion(version));
process.exitCode = exitCodes.find((code) => code === 1) ?? exitCodes.find((code) => code !== 0) ?? 0;

function readCall() {
  try {
    const options = { small: { type: 'boolean', default: false }, start: { type: 'boolean', default: false } };
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    const wrong = positionals.find((version) => !/^\d+(\.\d+){0,2}$/.test(version));
    if (wrong !== undefined) throw new Error(`"${wrong}" is not a version of Node.`);
    if (positionals.length === 0) throw new Error('A version is missing.');
    return { ...values, versions: positionals };
  } catch (error) {
    console.error(`${error.message}\nUsage: npm run test:node -- VERSION... [--small] [--start]`);
    process.exit(2);
  }
}

/** Prints one line for the version. @returns its exit code */
async function tryVersion(version) {
  const folder = mkdtempSync(join(tmpdir(), `fanlight-node-${version}-`));
  const began = performance.now();
  const times = [];
  let name = `Node ${version}`;
  const step = async (what, work) => {
    const from = performance.now();
    try {
      return await work();
    } catch (error) {
      throw Object.assign(error, { step: what });
    } finally {
      times.push(`${what} ${seconds(from)}`);
    }
  };
  try {
    const binary = await step('download', () => installNode(version, join(folder, 'node')));
    name = `Node ${execFileSync(binary, ['--version'], { encoding: 'utf8' }).trim().slice(1)}`;
    const checkout = copyCheckout(join(folder, 'checkout'));
    const on = { cwd: checkout, env: environment(dirname(binary), folder) };
    const npm = (...args) => run(binary, [npmProgram(), ...args], on);
    const vitestProgram = join(checkout, 'node_modules', 'vitest', 'vitest.mjs');
    const vitest = (...args) => run(binary, [vitestProgram, 'run', ...args], on);

    await step('npm ci', () => npm('ci', '--no-audit', '--no-fund'));
    if (small) {
      await step('topology', () => run(binary, [join(checkout, 'dist', 'cli', 'main.js'), 'topology'], on));
      await step('native addons', () => vitest('--project', 'unit', '--project', 'models', ...smallTests));
    } else {
      await step('unit tests', () => vitest('--project', 'unit'));
    }
    if (start) await step('start', () => startOnce(npm, binary, on));
    console.log(`${name}: passed (${seconds(began)}: ${times.join(', ')})`);
    return 0;
  } catch (error) {
    if (stopping.signal.aborted) return 1;
    const isOffline = error.step === 'download' && unreachable.test(error.output ?? '');
    console.log(error.output?.trim().split('\n').slice(-60).join('\n') ?? error.stack);
    const outcome = isOffline ? 'not tested, the npm registry is unreachable' : `FAILED at ${error.step ?? 'copy'}`;
    console.log(`${name}: ${outcome} (${seconds(began)}: ${times.join(', ')})`);
    return isOffline ? 3 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** The npm package `node` installs the binary that fits this machine. */
async function installNode(version, folder) {
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  const on = { cwd: folder, env: environment(dirname(process.execPath)) };
  await run(process.execPath, [npmProgram(), 'install', '--no-save', '--no-audit', '--no-fund', `node@${version}`], on);
  return join(folder, 'node_modules', 'node', 'bin', 'node');
}

/** Copies tracked files and new files that git does not ignore. */
function copyCheckout(copy) {
  const list = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const files = execFileSync('git', list, { cwd: root, encoding: 'utf8' });
  for (const file of files.split('\0')) {
    const isSource = file !== '' && file !== 'node_modules' && existsSync(join(root, file));
    if (isSource) cpSync(join(root, file), join(copy, file));
  }
  return copy;
}

/** Ends with `fanlight down`, because a failed start may leave processes. */
async function startOnce(npm, binary, on) {
  const parts = ['KAFKA', 'KAFKA_CONTROLLER', 'REGISTRY', 'REDIS', 'SINK_REDIS', 'S3', 'SOLR'];
  Object.assign(on.env, Object.fromEntries(parts.map((part) => [`FANLIGHT_${part}_PORT`, '0'])));
  on.env.FANLIGHT_GATEWAY_PORT = String(await freePort());
  try {
    await npm('start', '--', '--once');
  } finally {
    await run(binary, [join(on.cwd, 'dist', 'cli', 'main.js'), 'down'], { ...on, isCleanup: true });
  }
}

/** The environment of a command has the tested Node first on PATH, and no variables of an enclosing `npm run`. */
function environment(binFolder, folder) {
  const ofNpmRun = /^(?:npm_(?!config_)|npm_config_local_prefix$|NODE$|INIT_CWD$)/;
  const own = Object.entries(process.env).filter(([key]) => !ofNpmRun.test(key));
  const state = folder === undefined ? {} : { FANLIGHT_STATE_DIR: join(folder, 'state') };
  return { ...Object.fromEntries(own), ...state, PATH: [binFolder, process.env.PATH].join(delimiter) };
}

/** The enclosing npm, or the npm beside the running Node. */
function npmProgram() {
  const beside = resolve(dirname(process.execPath), '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js');
  return process.env.npm_execpath ?? beside;
}

/** Runs a command. @throws Error whose `output` is everything the command printed */
function run(command, args, { cwd, env, isCleanup = false }) {
  if (!isCleanup) stopping.signal.throwIfAborted();
  return new Promise((done, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const stop = () => child.kill('SIGTERM');
    stopping.signal.addEventListener('abort', stop);
    const printed = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => printed.push(chunk));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      stopping.signal.removeEventListener('abort', stop);
      const output = Buffer.concat(printed).toString();
      if (code === 0) done(output);
      else reject(Object.assign(new Error(`${command} ended with ${code ?? signal}`), { output }));
    });
  });
}

function freePort() {
  return new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}

function seconds(from) {
  return `${Math.round((performance.now() - from) / 1000)} s`;
}
