import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRegistryCodec, type RegistryCodecOptions } from '../../../../runtime/kafka/client/registry-codec.js';
import { waitForRegistry } from '../../../../runtime/kafka/client/registry-patience.js';
import { createManualClock } from '../../../../runtime/memory/manual-clock.js';
import { startFakeRegistry, type Behaviour, type FakeRegistry } from './fake-registry.js';

const command = { action: 'LOAD', subject: 'room-type@2', route: null, issuedBy: 'ada', issuedAt: 1_767_225_600_000 };
const topic = 'model-commands';

let registry: FakeRegistry;
let isAway: boolean;
const goAway = async () => {
  if (!isAway) await registry.goAway();
  isAway = true;
};
const comeBack = async () => {
  await registry.comeBack();
  isAway = false;
};
beforeEach(async () => {
  registry = await startFakeRegistry();
  isAway = false;
});
afterEach(() => goAway());

const codecOf = (options: RegistryCodecOptions = {}) => createRegistryCodec(registry.url, options);
const encode = (codec: ReturnType<typeof codecOf>) => codec.encode('model-command', topic, command);
/** A record whose schema has this id. */
const recordOf = (id: number) => {
  const bytes = Buffer.alloc(5);
  bytes.writeInt32BE(id, 1);
  return bytes;
};
const answers = (status: number, body: string): Behaviour => ({ kind: 'answers', status, body });

describe('the registry codec', () => {
  it('registers a schema once, sets BACKWARD on a new subject, and reads what it wrote', async () => {
    const codec = codecOf();
    const [first] = await Promise.all([encode(codec), encode(codec)]);
    expect(await codecOf().decode('model-command', first)).toEqual(command);
    expect(registry.requests.map(({ line }) => line)).toEqual([
      'GET /config/model-commands-value',
      'PUT /config/model-commands-value',
      'GET /config/model-commands-value',
      'POST /subjects/model-commands-value/versions',
      'GET /schemas/ids/1',
    ]);
  });

  it.each<[string, Behaviour, string]>([
    ['answers 500', answers(500, '{"message":"no database"}'), 'it answered 500: no database'],
    ['answers 503 with a page', answers(503, '<h1>Unavailable</h1>'), 'it answered 503'],
    ['answers 429', answers(429, '{}'), 'it answered 429'],
    ['answers a page with 200', answers(200, '<h1>Welcome</h1>'), 'its answer is not JSON'],
    ['is missing behind an ingress', answers(404, 'default backend - 404'), 'it answered 404 without JSON'],
  ])('reports a registry that %s as unavailable, on registration and on look-up', async (_name, behaviour, reason) => {
    registry.behaviour = behaviour;
    const unavailable = {
      code: 'store-unavailable',
      message: `The schema registry at ${registry.url} is unavailable: ${reason}.`,
    };
    const codec = codecOf();
    await expect(encode(codec)).rejects.toMatchObject(unavailable);
    await expect(codec.decode('model-command', recordOf(1))).rejects.toMatchObject(unavailable);
    registry.behaviour = { kind: 'works' };
    expect(await codec.decode('model-command', await encode(codec))).toEqual(command);
  });

  it('reports a registry that takes requests and does not answer as unavailable', async () => {
    registry.behaviour = { kind: 'silent' };
    const codec = codecOf({ timeoutMs: 100 });
    const unavailable = {
      code: 'store-unavailable',
      message: `The schema registry at ${registry.url} is unavailable: no answer within 0.1 s.`,
    };
    await expect(encode(codec)).rejects.toMatchObject(unavailable);
    await expect(codec.decode('model-command', recordOf(1))).rejects.toMatchObject(unavailable);
  });

  it('reports a registry that refuses connections as unavailable', async () => {
    await goAway();
    const { host } = new URL(registry.url);
    await expect(encode(codecOf())).rejects.toMatchObject({
      code: 'store-unavailable',
      message: `The schema registry at ${registry.url} is unavailable: connect ECONNREFUSED ${host}.`,
    });
  });

  it.each([409, 422])(
    'reports status %i as the refusal of a schema, with the reason of the registry',
    async (status) => {
      registry.behaviour = answers(status, '{"error_code":1,"message":"READER_FIELD_MISSING_DEFAULT_VALUE"}');
      await expect(encode(codecOf())).rejects.toMatchObject({
        code: 'invalid-configuration',
        message: `The registry refused the schema of ${topic}-value: ${status}: READER_FIELD_MISSING_DEFAULT_VALUE.`,
        remedy: expect.stringContaining('BACKWARD') as string,
      });
    },
  );

  it('names the credentials when the registry refuses the client', async () => {
    registry.behaviour = answers(401, '{"message":"Unauthorized"}');
    await expect(encode(codecOf())).rejects.toMatchObject({
      code: 'invalid-configuration',
      remedy: expect.stringContaining('password') as string,
    });
  });

  it('refuses a subject with another compatibility', async () => {
    registry.behaviour = answers(200, '{"compatibilityLevel":"NONE"}');
    await expect(encode(codecOf())).rejects.toMatchObject({
      code: 'invalid-configuration',
      message: 'The subject model-commands-value has the compatibility NONE in the registry, not BACKWARD.',
    });
  });

  it('reports a schema id that the registry does not know as a fault of the record', async () => {
    await expect(codecOf().decode('model-command', recordOf(7))).rejects.toMatchObject({ code: 'invalid-event' });
  });

  it('reports a schema that is not Avro as a fault of the record', async () => {
    const id = registry.store({ schemaType: 'JSON', schema: '{}' });
    await expect(codecOf().decode('model-command', recordOf(id))).rejects.toMatchObject({
      code: 'invalid-event',
      message: `The record was written with schema ${id}, which cannot be read as model-command: it is a schema of the type JSON.`,
    });
  });

  it('reads a record whose schema refers to another subject', async () => {
    const codec = codecOf();
    const written = await encode(codec);
    const { schema } = JSON.parse(await (await fetch(`${registry.url}/schemas/ids/1`)).text()) as { schema: string };
    const record = JSON.parse(schema) as { namespace: string; fields: { name: string; type: unknown }[] };
    const action = record.fields.find(({ name }) => name === 'action')!;
    const version = registry.store({
      schema: JSON.stringify({ namespace: record.namespace, ...(action.type as object) }),
    });
    action.type = (action.type as { name: string }).name;
    const id = registry.store({ schema: JSON.stringify(record), references: [{ name: 'x', subject: 's', version }] });
    const renamed = Buffer.concat([recordOf(id), written.subarray(5)]);
    expect(await codec.decode('model-command', renamed)).toEqual(command);
  });

  it('sends the user and the password of the URL in a header', async () => {
    const { host } = new URL(registry.url);
    await createRegistryCodec(`http://ada:s%40crt@${host}/`).register('model-command', topic);
    expect(registry.requests[0]).toEqual({
      line: 'GET /config/model-commands-value',
      authorization: `Basic ${Buffer.from('ada:s@crt').toString('base64')}`,
    });
  });
});

describe('a codec that waits for the registry', () => {
  const clock = createManualClock();
  function patience(atMostMs?: number) {
    const lines: { level: number; msg: string; attempt?: number }[] = [];
    const logger = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line) as never) });
    const options = { clock, random: () => 1, logger, ...(atMostMs === undefined ? {} : { atMostMs }) };
    return { lines, patience: waitForRegistry(options) };
  }
  /** Moves the clock past each delay until the predicate holds. */
  async function advanceUntil(done: () => boolean): Promise<void> {
    await expect
      .poll(
        () => {
          if (!done() && clock.nextDueAt !== undefined) clock.advance(clock.nextDueAt - clock.now());
          return done();
        },
        { interval: 1, timeout: 10_000 },
      )
      .toBe(true);
  }

  it('repeats until the registry is back, and logs one outage once, then every tenth try', async () => {
    const { lines, patience: lookingUp } = patience();
    const codec = codecOf({ registering: lookingUp, lookingUp });
    await goAway();
    let done = 0;
    const work = [
      encode(codec).then((bytes) => codec.decode('model-command', bytes)),
      codec.encode('model-command', 'another-topic', command),
    ].map((each) => each.finally(() => (done += 1)));
    await advanceUntil(() => lines.some(({ attempt }) => attempt === 20));
    await comeBack();
    await advanceUntil(() => done === 2);
    expect((await Promise.all(work))[0]).toEqual(command);
    const { host } = new URL(registry.url);
    const away = `The schema registry at ${registry.url} is unavailable: connect ECONNREFUSED ${host}. Waiting for it.`;
    expect(lines.map(({ msg, attempt }) => [msg, attempt])).toEqual([
      [away, 1],
      [away, 10],
      [away, 20],
      ['the schema registry answers again', undefined],
    ]);
  });

  it('does not wait after a refusal', async () => {
    registry.behaviour = answers(409, '{"message":"incompatible"}');
    const { lines, patience: registering } = patience();
    await expect(encode(codecOf({ registering }))).rejects.toMatchObject({ code: 'invalid-configuration' });
    expect(lines).toEqual([]);
  });

  it('gives up after its upper bound with the last failure', async () => {
    registry.behaviour = answers(500, '{}');
    const { patience: registering } = patience(10_000);
    const startedAt = clock.now();
    let failure: unknown;
    encode(codecOf({ registering })).catch((error: unknown) => (failure = error));
    await advanceUntil(() => failure !== undefined);
    expect(failure).toMatchObject({ code: 'store-unavailable' });
    expect(clock.now() - startedAt).toBeLessThan(10_000 + 5_001);
  });
});
