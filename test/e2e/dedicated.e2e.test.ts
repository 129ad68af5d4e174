import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withAdmin } from '../../runtime/kafka/topics/admin.js';
import { createKafka } from '../../runtime/kafka/client/client.js';
import { samplePhotos } from '../support/samples.js';
import { createFanlight, type Fanlight } from './fanlight.js';

interface Group {
  readonly group: string;
  readonly lag: number;
  readonly workers: number;
}

/** `fanlight tag` sends events as the client `cli`. */
describe('a client with a dedicated queue', () => {
  let fanlight: Fanlight;
  beforeAll(async () => {
    fanlight = await createFanlight({ FANLIGHT_DEDICATED: 'client:cli@bulk' });
  });
  afterAll(() => fanlight.remove(), 60_000);

  async function statusOf(group: string) {
    const { code, objects } = await fanlight.lines('status', '--json');
    const groups = objects[0]?.['groups'] as Group[];
    return { code, workers: groups.find((candidate) => candidate.group === group)?.workers };
  }

  const worker = () => fanlight.record().processes.find(({ name }) => name === 'fetch.bulk.cli')?.pid ?? 0;

  it('gets a worker that processes its events', async () => {
    const { code, stderr } = await fanlight.run('up', '--detach');
    expect(code, stderr).toBe(0);
    const photos = join(fanlight.folder, 'photos');
    mkdirSync(photos);
    for (const name of Object.values(samplePhotos))
      copyFileSync(
        join(import.meta.dirname, '..', '..', 'node_modules', 'material-dashboard', 'assets', 'img', name),
        join(photos, name.replace('/', '-')),
      );
    const tagged = await fanlight.lines('tag', photos, '--json');
    expect([tagged.code, tagged.objects.length]).toEqual([0, 4]);

    const brokers = (fanlight.record().environment['FANLIGHT_KAFKA_BROKERS'] ?? '').split(',');
    const kafka = createKafka({ brokers, clientId: 'dedicated-test', logger: pino({ level: 'silent' }) });
    const written = (topic: string) =>
      withAdmin(kafka, async (admin) =>
        (await admin.fetchTopicOffsets(topic)).reduce((sum, { high }) => sum + Number(high), 0),
      );
    expect([await written('fetch.bulk.cli'), await written('fetch.bulk')]).toEqual([4, 0]);
    expect((await fanlight.run('audit')).code).toBe(0);
    await expect
      .poll(() => statusOf('fanlight.fetch.bulk.cli'), { timeout: 60_000, interval: 1_000 })
      .toEqual({ code: 0, workers: 1 });
  });

  it('makes `fanlight status` exit with 1 if the queue has no worker', async () => {
    process.kill(worker(), 'SIGSTOP');
    try {
      await expect
        .poll(() => statusOf('fanlight.fetch.bulk.cli'), { timeout: 60_000, interval: 1_000 })
        .toEqual({ code: 1, workers: 0 });
    } finally {
      process.kill(worker(), 'SIGCONT');
    }
  });
});
