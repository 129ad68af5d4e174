/**
 * `npm run bench:gateways`: three gateways behind nginx, one of them killed under load. Needs Debian's package `nginx`.
 *
 * Sends one photo 50 times per second, with the output cache on, and submits a job beside it. Kills one gateway after
 * 8 s. Prints how many requests failed, how long the slowest took, and whether the job lost images.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { packagePath } from '../primitives/package-root.js';
import { readPhotos, say, withDeployment, type BenchDeployment } from './support/deployment.js';
import { freePort } from './support/free-port.js';
import { percentile } from './support/statistics.js';

const perSecond = 50;
const seconds = 20;
const killAfterSeconds = 8;
const jobImages = 200;
const deadlineMs = 5_000;
const warmUps = 10;

interface Answer {
  readonly sentAt: number;
  readonly ms: number;
  /** HTTP status of the answer; null if there was none. */
  readonly status: number | null;
}

async function main(): Promise<void> {
  const [photo] = readPhotos(undefined, 1);
  const web = createServer((_request, response) =>
    response.writeHead(200, { 'content-type': 'image/jpeg' }).end(photo),
  ).listen(0, '127.0.0.1');
  await once(web, 'listening');
  const { port } = web.address() as AddressInfo;
  try {
    await withDeployment({ FANLIGHT_OUTPUT_CACHE_URL: '', FANLIGHT_FETCH_ALLOW: `127.0.0.1/32:${port}` }, (bench) =>
      run(bench, `http://127.0.0.1:${port}/photo.jpg`),
    );
  } finally {
    web.closeAllConnections();
    web.close();
  }
}

async function run({ deployment, environment, folder }: BenchDeployment, photoUrl: string): Promise<void> {
  const started: ChildProcess[] = [];
  try {
    const more = await Promise.all([1, 2].map(() => startGateway(environment, started)));
    const first = Number(new URL(deployment.record().gatewayUrl).port);
    const proxy = await startProxy([first, ...more.map(({ port }) => port)], folder, started);
    // From here on the output cache has the photo: the bench measures the path to the models and back, not inference.
    for (let times = 0; times < warmUps; times += 1) await ask(proxy, photoUrl, 60_000);
    const job = await submitJob(proxy, photoUrl);
    say(`sending ${perSecond} requests per second for ${seconds} s`);
    const answers = load(proxy, photoUrl);
    await delay(killAfterSeconds * 1_000);
    const killedAt = performance.now();
    more[0]?.process.kill('SIGKILL');
    print(await answers, killedAt);
    process.stdout.write(`job: ${await endOf(proxy, job)}\n`);
  } finally {
    for (const child of started) child.kill('SIGTERM');
  }
}

async function startGateway(environment: NodeJS.ProcessEnv, started: ChildProcess[]) {
  const port = await freePort();
  const env = { ...environment, FANLIGHT_HTTP_PORT: String(port) };
  const child = spawn(process.execPath, [packagePath('dist', 'cli', 'main.js'), 'gateway'], {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  started.push(child);
  await untilAnswers(`http://127.0.0.1:${port}/readyz`);
  return { port, process: child };
}

/** Starts nginx with the configuration of deploy/nginx and the ports of this run. */
async function startProxy(ports: readonly number[], folder: string, started: ChildProcess[]): Promise<string> {
  const listen = await freePort();
  const shipped = readFileSync(packagePath('deploy', 'nginx', 'fanlight.conf'), 'utf8');
  const ours = ports
    .reduce((text, port, index) => text.replace(`127.0.0.1:${18_080 + index}`, `127.0.0.1:${port}`), shipped)
    .replace('listen 8080', `listen 127.0.0.1:${listen}`);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${join(folder, `nginx-${name}`)};`)
    .join('\n');
  const file = join(folder, 'nginx.conf');
  writeFileSync(
    file,
    `daemon off;\npid ${join(folder, 'nginx.pid')};\nerror_log stderr crit;\nevents { worker_connections 1024; }\nhttp {\naccess_log off;\n${temporary}\n${ours}\n}\n`,
  );
  const child = spawn('nginx', ['-c', file, '-e', 'stderr'], { stdio: ['ignore', 'ignore', 'inherit'] });
  child.once('error', (error) => say(`nginx cannot be started (${error.message}): install Debian's package nginx`));
  started.push(child);
  await untilAnswers(`http://127.0.0.1:${listen}/healthz`);
  return `http://127.0.0.1:${listen}`;
}

async function untilAnswers(url: string): Promise<void> {
  for (let left = 300; left > 0; left -= 1) {
    const response = await fetch(url).catch(() => undefined); // not listening yet
    if (response?.ok) return;
    await delay(200);
  }
  throw new Error(`${url} did not answer with success within 60 s`);
}

async function submitJob(proxy: string, photoUrl: string): Promise<string> {
  const images = Array.from({ length: jobImages }, (_, index) => ({ url: photoUrl, imageId: `of-job-${index}` }));
  const response = await fetch(`${proxy}/v1/jobs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ images }),
  });
  if (response.status !== 202) throw new Error(`the job was refused: ${await response.text()}`);
  return response.headers.get('location') ?? '';
}

/** Sends requests in an open loop: at a fixed rate, whether or not earlier ones were answered. */
async function load(proxy: string, photoUrl: string): Promise<Answer[]> {
  const begun = performance.now();
  const pending: Promise<Answer>[] = [];
  for (let index = 0; index < perSecond * seconds; index += 1) {
    await delay(Math.max(0, begun + (index * 1_000) / perSecond - performance.now()));
    pending.push(ask(proxy, photoUrl));
  }
  return Promise.all(pending);
}

async function ask(proxy: string, url: string, deadline = deadlineMs): Promise<Answer> {
  const sentAt = performance.now();
  const status = await fetch(`${proxy}/v1/tags`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ url, deadlineMs: deadline }),
  }).then(
    async (response) => (await response.arrayBuffer(), response.status),
    () => null,
  );
  return { sentAt, ms: performance.now() - sentAt, status };
}

function print(answers: readonly Answer[], killedAt: number): void {
  const failed = answers.filter(({ status }) => status !== 200);
  const inFlight = answers.filter(({ sentAt, ms }) => sentAt <= killedAt && sentAt + ms >= killedAt);
  const statuses = [...new Set(failed.map(({ status }) => status ?? 'none'))].map(
    (status) => `${status}: ${failed.filter((answer) => (answer.status ?? 'none') === status).length}`,
  );
  const times = answers.map(({ ms }) => ms);
  process.stdout.write(
    `${answers.length} requests, p50 ${percentile(times, 0.5).toFixed(0)} ms, p99 ${percentile(times, 0.99).toFixed(0)} ms, slowest ${Math.max(...times).toFixed(0)} ms (deadline ${deadlineMs} ms)\n`,
  );
  process.stdout.write(
    `${failed.length} failed (${statuses.join(', ') || 'none'}), ${failed.filter((answer) => inFlight.includes(answer)).length} of them among the ${inFlight.length} in flight when a gateway was killed\n`,
  );
  process.stdout.write(`slowest failure after ${Math.max(0, ...failed.map(({ ms }) => ms)).toFixed(0)} ms\n`);
}

async function endOf(proxy: string, job: string): Promise<string> {
  for (;;) {
    const { finishedAt, images, tagged, failed } = (await (await fetch(`${proxy}${job}`)).json()) as {
      finishedAt: string | null;
      images: number;
      tagged: number;
      failed: number;
    };
    if (finishedAt !== null) return `${images} images, ${tagged} tagged, ${failed} failed`;
    await delay(500);
  }
}

await main();
