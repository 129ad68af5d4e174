import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gatewayHeapMiB } from '../../local/deployment.js';
import {
  hostileKinds,
  hostileRequests,
  sendHostile,
  type HostileOutcome,
} from '../../bench/hostile/hostile-requests.js';
import { percentile } from '../../bench/support/statistics.js';
import { honestUnderAttack, residentMiB } from '../../bench/hostile/under-attack.js';
import { keysOf } from '../gateway/idempotency/answers-support.js';
import { samplePhoto } from '../support/samples.js';
import { createFanlight, type Fanlight } from './fanlight.js';

/** Allowed outcomes of each kind. Several are allowed if the outcome depends on the load of the gateway. */
const endings: Readonly<Record<string, readonly HostileOutcome[]>> = {
  'a photo in one-byte chunks': [400],
  'NDJSON in one-byte chunks': [400, 413],
  'an endless line': [413],
  'a large file that is not an image': [422, 503],
  'an archive sent as an image': [422],
  'a large file that is cut short': [408, 503, 'unanswered'],
  'a body that never arrives': [408],
  'a job whose body never arrives': ['unanswered'],
  'a body on a route that reads none': [200],
  'oversized tensors': [413],
  'thousands of pipelined requests': [200, 'cut'],
  'a client that never reads answers': ['unanswered'],
  'long header fields': [400],
};
const refused: readonly HostileOutcome[] = [400];

/** Upper bound of the answers kept for one client (KiB); small, so that few answers fill it. */
const keptKiB = 256;

/** The default one-machine deployment, with the heap limit that the gateway has in production. */
describe('a gateway under attack', () => {
  let fanlight: Fanlight;
  let port: number;
  let pid: number;
  const gatewayPid = () => fanlight.record().processes.find(({ name }) => name === 'gateway')?.pid;

  beforeAll(async () => {
    fanlight = await createFanlight({ FANLIGHT_GATEWAY_LIMITS: `keptAnswersPerClientBytes=${keptKiB}KiB` });
    const { code, stderr } = await fanlight.run('up', '--detach');
    expect(code, stderr).toBe(0);
    port = Number(new URL(fanlight.record().gatewayUrl).port);
    pid = gatewayPid() ?? 0;
  });
  afterAll(() => fanlight.remove(), 60_000);

  it.each(hostileRequests(hostileKinds.length, 1).map((request) => [request.name, request] as const))(
    'survives %s',
    async (name, request) => {
      const outcome = await sendHostile(port, request, 7_000);
      expect(endings[name] ?? refused).toContain(outcome);
      const health = await fetch(`http://127.0.0.1:${port}/healthz`, { signal: AbortSignal.timeout(1_000) });
      expect([health.status, gatewayPid()]).toEqual([200, pid]);
      expect(residentMiB(pid)).toBeLessThan(1.5 * gatewayHeapMiB);
    },
  );

  it('keeps the stored answers of idempotency keys within the bound of the client', async () => {
    const { gatewayUrl, environment } = fanlight.record();
    const pixels = new Uint8Array(224 * 224 * 3);
    const json = JSON.stringify({
      inputs: [
        { name: 'input', datatype: 'UINT8', shape: [1, 224, 224, 3], parameters: { binary_data_size: pixels.length } },
      ],
    });
    const ask = async (key: string) => {
      pixels.fill(Number(key));
      const headers = { 'idempotency-key': key, 'inference-header-content-length': String(json.length) };
      const response = await fetch(`${gatewayUrl}/v2/models/scene/versions/1/infer`, {
        method: 'POST',
        headers,
        body: Buffer.concat([Buffer.from(json), pixels]),
      });
      await response.arrayBuffer();
      return [response.status, response.headers.get('idempotency-replayed')];
    };
    for (let key = 0; key < 40; key += 1) expect(await ask(String(key))).toEqual([200, null]);
    expect([await ask('39'), await ask('0')]).toEqual([
      [200, 'true'],
      [200, null],
    ]);
    const redis = new Redis(environment['FANLIGHT_REDIS_URL'] ?? '');
    const sizes = (await keysOf(redis, 'fl:gateway:answers:')).map((key) => redis.memory('USAGE', key, 'SAMPLES', 0));
    const total = (await Promise.all(sizes)).reduce<number>((sum, size) => sum + (size ?? 0), 0);
    redis.disconnect();
    expect(total).toBeGreaterThan(keptKiB * 512);
    expect(total).toBeLessThanOrEqual(keptKiB * 1024);
  });

  it('streams progress and the end of one job to 250 followers', async () => {
    const { gatewayUrl } = fanlight.record();
    let finish: () => void = () => undefined;
    const lines = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(Buffer.from('{"url":"http://127.0.0.1/1.jpg"}\n'));
        finish = () => controller.close();
      },
    });
    const job = fetch(`${gatewayUrl}/v1/jobs`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: lines,
      duplex: 'half',
    });
    const listed = async () =>
      ((await (await fetch(`${gatewayUrl}/v1/jobs?limit=1`)).json()) as { jobs: { id: string; state: string }[] })
        .jobs[0];
    await expect.poll(async () => (await listed())?.state, { timeout: 20_000 }).toBe('accepting');
    const id = (await listed())?.id ?? '';
    const followers = Array.from({ length: 250 }, async () => {
      const response = await fetch(`${gatewayUrl}/v1/jobs/${id}/events`);
      const text = await response.text();
      return [response.status, text.includes('event: progress'), text.includes('event: end')];
    });
    const connections = async () =>
      Number(/^fanlight_gateway_connections (\d+)/m.exec(await (await fetch(`${gatewayUrl}/metrics`)).text())?.[1]);
    await expect.poll(connections, { timeout: 20_000 }).toBeGreaterThanOrEqual(251);
    finish();
    expect((await job).status).toBe(202);
    expect(new Set((await Promise.all(followers)).map(String))).toEqual(new Set(['200,true,true']));
    expect(gatewayPid()).toBe(pid);
  });

  it('answers honest requests and health checks beside 200 hostile requests', async () => {
    const { gatewayUrl } = fanlight.record();
    const load = {
      photos: [samplePhoto('kitchen'), samplePhoto('bedroom')],
      perSecond: 5,
      aloneSeconds: 5,
      plan: { count: 200, seed: 2 },
      load: { atOnce: 16, perSecond: 100, holdMs: 6_000 },
    };
    const { beside, outcomes, rssMost } = await honestUnderAttack({ gatewayUrl, pid, ...load });
    const health = beside.health.map((ms) => ms ?? Infinity);
    expect(outcomes).toHaveLength(200);
    expect({ failed: beside.requests.filter((ms) => ms === null).length, errors: beside.errors }).toEqual({
      failed: 0,
      errors: [],
    });
    expect(gatewayPid()).toBe(pid);
    expect(percentile(health, 0.99)).toBeLessThanOrEqual(200);
    expect(rssMost).toBeLessThanOrEqual(1.5 * gatewayHeapMiB);
  });
});
