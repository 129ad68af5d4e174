import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { countInStores } from '../../cli/start/stores.js';
import { isAlive } from '../../local/deployment-record.js';
import type { ImageTags } from '../../schemas/events.js';
import type { WorkerModels } from '../../schemas/models/control.js';
import { drawBanner } from '../support/draw-banner.js';
import { pngBomb } from '../support/png-bomb.js';
import { pythonIsMissing } from '../support/python-clients.js';
import { samplePhoto, samplePhotos } from '../support/samples.js';
import { askByTritonClient, largestDifference, runDirectly, runExample, twoLikeliestRooms } from './ask-models.js';
import { createFanlight, type Fanlight } from './fanlight.js';

interface Line {
  readonly image: string;
  readonly imageId: string;
  readonly roomType?: { readonly name: string };
  readonly models?: readonly string[];
  readonly error?: { readonly code: string; readonly message: string };
}

describe('the first command', () => {
  let fanlight: Fanlight;
  beforeAll(async () => {
    fanlight = await createFanlight();
  });
  afterAll(() => fanlight.remove(), 60_000);

  it('start --once starts Fanlight, tags the samples, stores the results and exits', async () => {
    const { code, stdout, stderr } = await fanlight.run('start', '--once');
    expect(stdout, stderr).toContain('14 of 14 photos tagged; stored: 14 in S3, 14 in Solr, 14 in Redis.');
    expect(code).toBe(0);
  });
});

/** One deployment with real servers and with workers for every stage. */
describe('the main job', () => {
  let fanlight: Fanlight;
  let web: Server;
  let photos: string;
  let port: number;

  beforeAll(async () => {
    web = createServer(answer).listen(0, '127.0.0.1');
    await new Promise((resolve) => web.once('listening', resolve));
    port = (web.address() as AddressInfo).port;
    fanlight = await createFanlight({ FANLIGHT_FETCH_ALLOW: `127.0.0.1/32:${port}`, FANLIGHT_PLACEMENT: 'staged' });
    photos = join(fanlight.folder, 'photos');
    await makePhotos(photos);
  }, 60_000);
  afterAll(async () => {
    web.closeAllConnections();
    web.close();
    await fanlight.remove();
  }, 60_000);

  it('starts in the background and reports that everything is ready', async () => {
    const { code, stderr } = await fanlight.run('up', '--detach');
    expect(code, stderr).toBe(0);
    const [status] = (await fanlight.lines('status', '--json')).objects;
    const callbacks = { group: 'fanlight.callbacks', lag: 0, workers: 1 };
    expect(status).toMatchObject({ ready: true, groups: expect.arrayContaining([callbacks]) as unknown });
  });

  it('loses no photo and reports each once when a worker is killed', async () => {
    const results: Line[] = [];
    let killed = 0;
    const code = await fanlight.follow(['tag', photos, '--json'], (line) => {
      results.push(JSON.parse(line) as Line);
      if (killed > 0 || results.length < 5) return;
      const worker = fanlight.record().processes.find(({ name }) => name.startsWith('infer.bulk'));
      killed = worker?.pid ?? 0;
      process.kill(killed, 'SIGKILL');
    });
    expect(code).toBe(0);
    expect(killed).toBeGreaterThan(0);
    expect(new Set(results.map(({ imageId }) => imageId)).size).toBe(photoCount);
    await expectBalance();
    await expect
      .poll(() => storesOf(results), { timeout: 60_000, interval: 500 })
      .toEqual({ s3: photoCount, solr: photoCount, redis: photoCount });
  });

  it('turns each bad input into a dead letter with its reason', async () => {
    const folder = join(fanlight.folder, 'bad');
    makeBadInputs(folder, `http://127.0.0.1:${port}`);
    const { code, objects } = await fanlight.lines('tag', folder, join(folder, 'urls.txt'), '--json');
    const codes = Object.fromEntries(
      (objects as unknown as Line[]).map(({ image, error }) => [image.split('/').at(-1), error?.code ?? 'tagged']),
    );
    expect(code).toBe(1);
    expect(codes).toEqual({
      'truncated.jpg': 'corrupt-image',
      'page.jpg': 'not-an-image',
      'bomb.png': 'too-many-pixels',
      'drawing.svg': 'unsupported-format',
      'empty.jpg': 'empty-file',
      'good.jpg': 'tagged',
      'missing.jpg': 'not-found',
      'loop.jpg': 'too-many-redirects',
      'meta-data': 'forbidden-address',
      'private.jpg': 'forbidden-address',
      'urls.txt': 'not-an-image',
    });
    await expectBalance();
  });

  it('tags a photo over HTTP, and answers invalid input with a problem document', async () => {
    const { gatewayUrl } = fanlight.record();
    const post = (body: Buffer) =>
      fetch(`${gatewayUrl}/v1/tags`, { method: 'POST', headers: { 'content-type': 'image/jpeg' }, body });
    const tagged = await post(samplePhoto('exterior'));
    expect(await tagged.json()).toMatchObject({ roomType: { name: 'exterior' }, pipeline: 'listing-photo@1' });
    const refused = await post(Buffer.from('<html></html>'));
    expect([refused.status, refused.headers.get('content-type')]).toEqual([
      expect.any(Number),
      'application/problem+json',
    ]);
    const byUrl = await fetch(`${gatewayUrl}/v1/tags`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ url: `http://127.0.0.1:${port}/photo.jpg` }),
    });
    expect(await byUrl.json()).toMatchObject({ roomType: { name: 'exterior' } });
    const metadata = await fetch(`${gatewayUrl}/v1/tags`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ url: 'http://169.254.169.254/latest/meta-data' }),
    });
    expect(await metadata.json()).toMatchObject({ code: 'forbidden-address' });
  });

  it('refuses requests from pages of other sites, also with DNS rebinding', async () => {
    const { gatewayUrl } = fanlight.record();
    const statusOf = (method: string, headers: Record<string, string>) =>
      new Promise((resolve, reject) => {
        const asked = request(gatewayUrl, { method, headers }, (response) => resolve(response.resume().statusCode));
        asked.on('error', reject).end();
      });
    const evil = { host: 'evil.example', origin: 'http://evil.example' };
    const statuses = [
      statusOf('GET', {}),
      statusOf('GET', { host: evil.host }),
      statusOf('POST', { origin: evil.origin }),
    ];
    expect(await Promise.all(statuses)).toEqual([200, 421, 403]);
  });

  it('gives Triton clients the scores of the models, and readable errors', async ({ skip }) => {
    const missing = await pythonIsMissing();
    if (missing !== null) {
      console.warn(`NOT TESTED: the Open Inference Protocol by tritonclient, because ${missing}`);
      skip(missing);
    }
    const gatewayUrl = fanlight.record().gatewayUrl ?? '';
    const [heard, direct] = [
      await askByTritonClient(gatewayUrl, join(fanlight.folder, 'tensors')),
      await runDirectly(),
    ];
    expect(heard).toMatchObject({
      live: true,
      ready: true,
      modelReady: [true, false],
      server: { name: 'fanlight' },
      index: expect.arrayContaining([
        { name: 'scene', version: '1', state: 'READY', reason: '' },
        { name: 'room-type', version: 'stable', state: 'READY', reason: '' },
      ]),
      metadata: {
        inputs: [{ name: 'input', datatype: 'UINT8', shape: [-1, 224, 224, 3] }],
        outputs: [
          { name: 'probs', datatype: 'FP32', shape: [-1, 1000] },
          { name: 'features', datatype: 'FP32', shape: [-1, 1280] },
        ],
      },
      config: {
        max_batch_size: 64,
        input: [
          { name: 'scene@1/features', data_type: 'TYPE_FP32', dims: [1280] },
          { name: 'objects@2/detections', data_type: 'TYPE_FP32', dims: [600] },
        ],
      },
      scene: { binary: { model: 'scene@1', id: 'mine' } },
    });
    for (const { outputs } of Object.values(heard.scene))
      expect(largestDifference(outputs, direct.scene)).toBeLessThan(1e-5);
    for (const { model, outputs } of Object.values(heard.room))
      expect([model, largestDifference(outputs, direct.room) < 1e-5]).toEqual(['room-type@2', true]);
    // Compares without the scores, whose last digit may differ.
    for (const rows of heard.classes)
      expect(rows.map((texts) => texts.map((text) => text.replace(/^[^:]+:/, '')))).toEqual(
        direct.room['probs']?.map(twoLikeliestRooms),
      );
    expect(heard.refusals).toEqual({
      model: {
        status: '404',
        message:
          'There is no model "cats". Name one of scene, moderation, objects, overlay-text, text-line, room-type. (no-such-model)',
      },
      version: { status: '404', message: 'The model "scene" has no version "9". Name one of 1, 2. (no-such-model)' },
      shape: {
        status: '400',
        message:
          'scene@1 takes "input" as UINT8 [-1,224,224,3], not as UINT8 [3,100,224,3]. ' +
          "Send the datatype and shape that the model's metadata names. (invalid-request)",
      },
      datatype: {
        status: '400',
        message:
          'scene@1 takes "input" as UINT8 [-1,224,224,3], not as FP32 [3,224,224,3]. ' +
          "Send the datatype and shape that the model's metadata names. (invalid-request)",
      },
      name: {
        status: '400',
        message:
          'scene@1 has no input "image"; it takes "input". Name the inputs as its metadata does. (invalid-request)',
      },
      output: {
        status: '400',
        message:
          'scene@1 has no output "logits"; its outputs are "probs", "features". Name the outputs as its metadata does. (invalid-request)',
      },
      load: {
        status: '404',
        message: 'There is no route at /v2/repository/models/scene/load. GET / lists all routes. (no-such-route)',
      },
    });
    expect(await runExample(gatewayUrl, join(photos, '0.jpg'))).toMatch(/^[a-z_]+ [01]\.\d\d$/);
    await expectBalance();
  });

  it('`fanlight models` unloads models and sets aliases on every worker', async () => {
    const workers = async () =>
      ((await fanlight.lines('models', 'ls', '--json')).objects[0]?.['workers'] ?? []) as WorkerModels[];
    const stateOf = (id: string) => async () =>
      (await workers()).map(({ models }) => models.find((model) => model.id === id)?.state);
    // A killed worker, as in an earlier test, is listed until its last report is too old.
    await expect
      .poll(async () => (await workers()).map(({ worker }) => worker.split('/')[1]), {
        timeout: 90_000,
        interval: 1_000,
      })
      .toEqual(['compose.bulk+backfill', 'infer.bulk+backfill', 'infer.realtime', 'inspect.bulk+backfill']);
    expect(await fanlight.run('models', 'unload', 'moderation@1')).toMatchObject({
      code: 0,
      stdout: '4 of 4 workers applied the command.\n',
    });
    await expect.poll(stateOf('moderation@1'), { timeout: 15_000 }).toEqual(Array(4).fill('absent'));
    // The next photo loads it again.
    expect((await fanlight.lines('tag', join(photos, '1.jpg'), '--json')).objects).toMatchObject([
      { models: expect.arrayContaining(['moderation@1']) },
    ]);
    expect(await fanlight.run('models', 'alias', 'room-type@next', 'room-type@1', '--shadow', 'scene@1')).toMatchObject(
      { code: 0 },
    );
    expect((await workers()).map(({ aliases }) => aliases['room-type@next'])).toEqual(
      Array(4).fill('room-type@1; scene@1 in the shadow'),
    );
    expect(await fanlight.run('models', 'alias', 'room-type@next', 'room-type@99')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('there is no model room-type@99 in the catalogue'),
    });
    expect(await fanlight.run('models', 'load', 'nothing@1')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('There is no model "nothing@1".'),
    });
  });

  it('changes an alias and a canary during tagging without failures and without published shadow results', async () => {
    const alias = async (...args: string[]) =>
      expect(await fanlight.run('models', 'alias', 'room-type@stable', ...args)).toMatchObject({ code: 0 });
    const tag = async () =>
      versionsOf(
        (await fanlight.lines('tag', photos, '--pipeline', 'listing-photo@2', '--json')).objects as unknown as Line[],
      );
    const steps = [
      ['room-type@1', '--canary', 'room-type@2', '--percent', '50'],
      ['room-type@2'],
      ['room-type@1', '--canary', 'room-type@2', '--percent', '50', '--shadow', 'room-type@2'],
    ];
    const results: Line[] = [];
    let moved = alias('room-type@1');
    await moved;
    const code = await fanlight.follow(['tag', photos, '--pipeline', 'listing-photo@2', '--json'], (line) => {
      results.push(JSON.parse(line) as Line);
      const step = results.length % 12 === 4 ? steps.shift() : undefined;
      if (step) moved = moved.then(() => alias(...step));
    });
    await moved;
    expect(code).toBe(0);
    expect(steps).toEqual([]);
    expect(versionsOf(results).size).toBe(photoCount);

    const canaries = await tag();
    const share = [...canaries.values()].filter((version) => version === 'room-type@2').length / photoCount;
    expect(share).toBeGreaterThan(0.2);
    expect(share).toBeLessThan(0.8);
    expect(await tag()).toEqual(canaries); // an image keeps its version
  });

  it('runs a composite pipeline through every stage, and reads the text laid over the photo', async () => {
    const photo = join(fanlight.folder, 'sold.jpg');
    writeFileSync(
      photo,
      await sharp(await drawBanner(samplePhoto('livingRoom'), 'SOLD', { x: 0.2, y: 0.45, width: 0.5, height: 0.08 }))
        .jpeg()
        .toBuffer(),
    );
    const { code, objects } = await fanlight.lines(
      'tag',
      photo,
      '--lane',
      'backfill',
      '--pipeline',
      'listing-text@1',
      '--json',
    );
    expect(code).toBe(0);
    const [result] = objects as { tags: { text?: string }[]; timings: object }[];
    expect(result?.tags).toContainEqual(
      expect.objectContaining({ name: 'overlay text', model: 'text-line@1', text: 'SOLD' }),
    );
    expect(Object.keys(result?.timings ?? {}).sort()).toEqual([
      'compose',
      'crop',
      'fetch',
      'infer',
      'inspect',
      'preprocess',
    ]);
    await expectBalance();
  });

  it('skips the stages whose outputs are cached', async () => {
    const { code, objects } = await fanlight.lines('tag', join(photos, '0.jpg'), '--lane', 'backfill', '--json');
    expect(code).toBe(0);
    const [result] = objects as { timings: object }[];
    expect(Object.keys(result?.timings ?? {}).sort()).toEqual(['compose', 'fetch', 'preprocess']);
    await expectBalance();
  });

  it('stops within twelve seconds and leaves no process behind', async () => {
    const { processes } = fanlight.record();
    const begun = performance.now();
    expect((await fanlight.run('down')).code).toBe(0);
    expect(performance.now() - begun).toBeLessThan(12_000);
    expect(processes.filter(({ pid }) => isAlive(pid))).toEqual([]);
  });

  async function expectBalance(): Promise<void> {
    const { code, stdout } = await fanlight.run('audit', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ balanced: true });
    expect(code).toBe(0);
  }

  async function storesOf(results: readonly Line[]) {
    const results2 = results.map(
      ({ imageId }) => ({ imageId, listingId: 'photos', pipeline: 'listing-photo@1', contentSha256: '' }) as ImageTags,
    );
    return countInStores(results2, { ...process.env, ...fanlight.record().environment });
  }
});

const photoCount = 36;

/** Returns image id → the only version of room-type that the result names. */
function versionsOf(lines: readonly Line[]): ReadonlyMap<string, string> {
  return new Map(
    lines.map(({ imageId, models = [], error }) => {
      const [version, ...others] = models.filter((id) => id.startsWith('room-type@'));
      expect({ imageId, error, others, version }).toEqual({
        imageId,
        error: undefined,
        others: [],
        version: expect.stringMatching(/@[12]$/),
      });
      return [imageId, version ?? ''];
    }),
  );
}

/** Creates distinct files from the samples, enough to keep the workers busy for a while. */
async function makePhotos(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const names = Object.keys(samplePhotos) as (keyof typeof samplePhotos)[];
  const sources = await Promise.all(names.map((name) => sharp(samplePhoto(name)).resize(640).toBuffer()));
  await Promise.all(
    Array.from({ length: photoCount }, (_, index) =>
      sharp(sources[index % sources.length])
        .extract({ left: index, top: 0, width: 560, height: 300 })
        .jpeg()
        .toFile(join(folder, `${index}.jpg`)),
    ),
  );
}

function makeBadInputs(folder: string, web: string): void {
  mkdirSync(folder, { recursive: true });
  const good = samplePhoto('kitchen');
  const write = (name: string, content: string | Buffer) => writeFileSync(join(folder, name), content);
  write('truncated.jpg', good.subarray(0, Math.floor(good.length / 2)));
  write('page.jpg', '<!doctype html><html><body>404</body></html>');
  write('drawing.svg', '<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"/>');
  write('empty.jpg', '');
  write('good.jpg', good);
  write('bomb.png', pngBomb(30_000, 30_000));
  write(
    'urls.txt',
    [
      `${web}/missing.jpg`,
      `${web}/loop.jpg`,
      'http://169.254.169.254/latest/meta-data',
      'http://10.0.0.1/private.jpg',
    ].join('\n'),
  );
  copyFileSync(join(folder, 'page.jpg'), join(folder, '.hidden.jpg'));
}

function answer(request: { url?: string }, response: ServerResponse): void {
  if (request.url === '/photo.jpg')
    response.writeHead(200, { 'content-type': 'image/jpeg' }).end(samplePhoto('exterior'));
  else if (request.url === '/loop.jpg') response.writeHead(302, { location: '/loop.jpg' }).end();
  else response.writeHead(404).end();
}
