import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gatewayHeapMiB } from '../../cli/deployment.js';
import { hostileKinds, hostileRequests, sendHostile, type HostileOutcome } from '../../bench/hostile-requests.js';
import { percentile } from '../../bench/statistics.js';
import { honestUnderAttack, residentMiB } from '../../bench/under-attack.js';
import { samplePhoto } from '../support/samples.js';
import { createFanlight, type Fanlight } from './fanlight.js';

/** How each kind ends. Where there are several, it depends on what else the gateway holds at the moment. */
const endings: Readonly<Record<string, readonly HostileOutcome[]>> = {
  'a photo in chunks of one byte': [400],
  'lines in chunks of one byte': [400, 413],
  'a line without end': [413],
  'a large file that is no image': [422, 503],
  'an archive sent as an image': [422],
  'a large file that stops before its end': [408, 503, 'unanswered'],
  'a body that never comes': [408],
  'a job that never comes': ['unanswered'],
  'a body where none is read': [200],
  'tensors of too many bytes': [413],
  'requests without waiting for answers': [200, 'cut'],
  'answers that nobody reads': ['unanswered'],
  'long header fields': [400],
};
const refused: readonly HostileOutcome[] = [400];

/** The default deployment of one machine, with the heap that its gateway has in production. */
describe('a gateway under attack', () => {
  let fanlight: Fanlight;
  let port: number;
  let pid: number;
  const gatewayPid = () => fanlight.record().processes.find(({ name }) => name === 'gateway')?.pid;

  beforeAll(async () => {
    fanlight = await createFanlight();
    const { code, stderr } = await fanlight.run('up', '--detach');
    expect(code, stderr).toBe(0);
    port = Number(new URL(fanlight.record().gatewayUrl).port);
    pid = gatewayPid() ?? 0;
  });
  afterAll(() => fanlight.remove(), 60_000);

  it.each(hostileRequests(hostileKinds.length, 1).map((request) => [request.name, request] as const))('outlives %s', async (name, request) => {
    const outcome = await sendHostile(port, request, 7_000);
    expect(endings[name] ?? refused).toContain(outcome);
    const health = await fetch(`http://127.0.0.1:${port}/healthz`, { signal: AbortSignal.timeout(1_000) });
    expect([health.status, gatewayPid()]).toEqual([200, pid]);
    expect(residentMiB(pid)).toBeLessThan(1.5 * gatewayHeapMiB);
  });

  it('answers honest requests, and says that it is well, beside 200 hostile ones', async () => {
    const { gatewayUrl } = fanlight.record();
    const load = { photos: [samplePhoto('kitchen'), samplePhoto('bedroom')], perSecond: 5, aloneSeconds: 5, plan: { count: 200, seed: 2 }, load: { atOnce: 16, perSecond: 100, holdMs: 6_000 } };
    const { beside, outcomes, rssMost } = await honestUnderAttack({ gatewayUrl, pid, ...load });
    const health = beside.health.map((ms) => ms ?? Infinity);
    expect(outcomes).toHaveLength(200);
    expect({ failed: beside.requests.filter((ms) => ms === null).length, errors: beside.errors }).toEqual({ failed: 0, errors: [] });
    expect(gatewayPid()).toBe(pid);
    expect(percentile(health, 0.99)).toBeLessThanOrEqual(200);
    expect(rssMost).toBeLessThanOrEqual(1.5 * gatewayHeapMiB);
  });
});
