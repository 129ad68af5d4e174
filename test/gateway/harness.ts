import { pino } from 'pino';
import { Registry } from 'prom-client';
import { createGateway } from '../../gateway/app.js';
import type { Admission } from '../../gateway/admission/admission.js';
import type { Guard } from '../../http/clients/guard.js';
import type { KeptAnswers } from '../../gateway/idempotency/kept-answers.js';
import type { AllowedHosts } from '../../http/hosts.js';
import type { GatewayLimits } from '../../gateway/limits.js';
import { defaultLimits } from '../../gateway/limits.js';
import type { StreamBounds } from '../../gateway/jobs/stream-bounds.js';
import type { JobStates } from '../../jobs/state/job-states.js';
import type { ModelOffer } from '../../gateway/inference/model-offer.js';
import type { TagRequestOptions, Tagger, UploadStore } from '../../runtime/replies/request-reply.js';
import type { Clock } from '../../primitives/clock.js';
import { bytesOfFloats } from '../../primitives/float-bytes.js';
import type { ImageTags, ListingImage } from '../../schemas/events.js';
import type { ModelInput, ModelOutput } from '../../schemas/models/requests.js';
import { fakeJobs } from './jobs/fake-jobs.js';

export const startedAt = 1_700_000_000_000;

export interface ManualClock extends Clock {
  advance(ms: number): void;
  /** Number of scheduled tasks. */
  pending(): number;
}

export function manualClock(): ManualClock {
  let now = startedAt;
  const tasks = new Set<{ at: number; task: () => void }>();
  return {
    now: () => now,
    schedule(delayMs, task) {
      const entry = { at: now + delayMs, task };
      tasks.add(entry);
      return () => tasks.delete(entry);
    },
    advance(ms) {
      now += ms;
      for (const entry of [...tasks].filter(({ at }) => at <= now)) {
        // An earlier task may have cancelled this one.
        if (tasks.delete(entry)) entry.task();
      }
    },
    pending: () => tasks.size,
  };
}

export interface Call {
  readonly image: ListingImage;
  readonly options: TagRequestOptions;
}

/** The answer of the fake tagger for an image. */
export function resultOf({ imageId, listingId, url, pipeline }: ListingImage): ImageTags {
  return {
    listingId,
    imageId,
    url,
    pipeline: pipeline ?? 'listing-photo@1',
    contentSha256: 'c'.repeat(64),
    format: 'jpeg',
    width: 640,
    height: 480,
    roomType: { name: 'kitchen', score: 0.97 },
    tags: [
      { name: 'kitchen', score: 0.97, model: 'room-type@1', box: null },
      { name: 'oven', score: 0.5, model: 'scene@1', box: { x: 0, y: 0, width: 0.5, height: 0.5 }, text: null },
      { name: 'overlay text', score: 0.4, model: 'text-line@1', box: null, text: 'SOLD' },
    ],
    cached: ['scene@1'],
    models: ['room-type@1', 'scene@1'],
    timings: { fetch: { queueMs: 1.24, durationMs: 8 }, infer: { queueMs: 0, durationMs: 14.06 } },
    eventTime: startedAt,
    taggedAt: startedAt + 25,
    attributes: {},
  };
}

/** An inference request. */
export interface ModelCall {
  readonly input: ModelInput;
  readonly options: TagRequestOptions;
}

/** Small models of each kind of input. */
export const offers: readonly ModelOffer[] = [
  {
    name: 'scene',
    version: '1',
    framework: 'onnx',
    inputs: [{ name: 'input', datatype: 'UINT8', sides: [2, 2, 3] }],
    outputs: [
      { name: 'probs', sides: [2], labels: ['kitchen', 'bathroom'] },
      { name: 'features', sides: [3] },
    ],
    maxItems: 4,
  },
  ...['9', '10'].map((version) => ({
    name: 'scene',
    version,
    framework: 'onnx',
    inputs: [{ name: 'input', datatype: 'UINT8' as const, sides: [2, 2, 3] }],
    outputs: [{ name: 'probs', sides: [2] }],
    maxItems: 4,
  })),
  {
    name: 'overlay-text',
    version: '1',
    framework: 'onnx',
    inputs: [
      { name: 'input', datatype: 'UINT8', sides: [{ multipleOf: 2, longest: 4 }, { multipleOf: 2, longest: 4 }, 3] },
    ],
    outputs: [{ name: 'coverage', sides: [] }],
    maxItems: 2,
  },
  ...['2', 'stable'].map((version) => ({
    name: 'room-type',
    version,
    framework: 'linear',
    inputs: [
      { name: 'scene@1/features', datatype: 'FP32' as const, sides: [3] },
      { name: 'objects@2/detections', datatype: 'FP32' as const, sides: [2] },
    ],
    outputs: [{ name: 'probs', sides: [2] }],
    maxItems: 4,
  })),
];

/** The answer of the fake model: the values 0, 1, 2, … for each output. */
export function outputOf({ model, items }: ModelInput): ModelOutput {
  const exact = model.replace('@stable', '@2');
  const outputs = offers.find(({ name, version }) => `${name}@${version}` === exact)?.outputs ?? [];
  const values = (sides: readonly number[]) =>
    bytesOfFloats(
      Float32Array.from({ length: items * sides.reduce((product, side) => product * side, 1) }, (_, at) => at),
    );
  return {
    model: exact,
    items,
    outputs: Object.fromEntries(outputs.map(({ name, sides }) => [name, values(sides)])),
    timings: { models: { queueMs: 1.24, durationMs: 14.06 } },
  };
}

export interface HarnessOptions {
  readonly tag?: (call: Call) => Promise<ImageTags>;
  readonly infer?: (call: ModelCall) => Promise<ModelOutput>;
  readonly limits?: Partial<GatewayLimits>;
  readonly images?: UploadStore;
  readonly clock?: Clock;
  readonly guard?: Guard;
  readonly admission?: Admission;
  readonly answers?: KeptAnswers;
  readonly allowedHosts?: AllowedHosts;
  readonly allowedOrigins?: readonly string[];
  /** Bounds of event streams that differ from the default. */
  readonly streams?: Partial<StreamBounds>;
  /** Job states instead of those in memory. */
  readonly states?: JobStates;
  /** Prepares jobs and the state of Redis before the first request. */
  readonly arrangeJobs?: (jobs: ReturnType<typeof fakeJobs>) => void;
}

/** A gateway whose tagger, clock, randomness and log the test controls. */
export function gatewayHarness(options: HarnessOptions = {}) {
  const { tag, infer, limits, images, clock, guard, admission, answers, streams, states, arrangeJobs } = options;
  const { allowedHosts, allowedOrigins } = options;
  const jobs = fakeJobs();
  arrangeJobs?.(jobs);
  const calls: Call[] = [];
  const modelCalls: ModelCall[] = [];
  const logLines: Record<string, unknown>[] = [];
  const manual = manualClock();
  const metrics = new Registry();
  let ready = true;
  let drawn = 0;
  const tagger: Tagger = {
    ready: () => ready,
    tag(image, options) {
      const call = { image, options };
      calls.push(call);
      return tag === undefined ? Promise.resolve(resultOf(image)) : tag(call);
    },
  };
  const app = createGateway({
    tagger,
    clock: clock ?? manual,
    pipelines: [
      { name: 'listing-photo@1', models: ['moderation@1', 'room-type@1', 'scene@1'] },
      { name: 'moderation-only@1', models: ['moderation@1'] },
    ],
    limits: { ...defaultLimits, ...limits },
    models: {
      client: {
        ready: () => ready,
        infer(input, options) {
          const call = { input, options };
          modelCalls.push(call);
          return infer === undefined ? Promise.resolve(outputOf(input)) : infer(call);
        },
      },
      offers,
      version: '0.1.0',
      ...(admission === undefined ? {} : { admission }),
    },
    ...(images === undefined ? {} : { images }),
    ...(guard === undefined ? {} : { guard }),
    ...(admission === undefined ? {} : { admission }),
    jobs: {
      ...jobs.services,
      ...(states === undefined ? {} : { states }),
      ...(streams === undefined ? {} : { streams }),
    },
    ...(answers === undefined ? {} : { answers }),
    ...(allowedHosts === undefined ? {} : { allowedHosts }),
    ...(allowedOrigins === undefined ? {} : { allowedOrigins }),
    metrics,
    logger: pino(
      { level: 'debug' },
      { write: (line: string) => logLines.push(JSON.parse(line) as Record<string, unknown>) },
    ),
    randomHex: (digits) =>
      (drawn += 1)
        .toString(16)
        .padStart(2, '0')
        .repeat(digits / 2),
  });
  return {
    app,
    calls,
    modelCalls,
    logLines,
    metrics,
    jobs,
    clock: manual,
    setReady: (value: boolean) => {
      ready = value;
    },
  };
}

export function postJson(document: unknown, headers: Record<string, string> = {}): RequestInit {
  return {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(document),
  };
}

export function postImage(bytes: Uint8Array<ArrayBuffer>, type = 'image/jpeg'): RequestInit {
  return { method: 'POST', headers: { 'content-type': type }, body: bytes };
}

function file(start: readonly number[], size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  bytes.set(start);
  return bytes;
}

const ascii = (text: string) => [...Buffer.from(text, 'latin1')];

/** The first bytes of real formats, padded with zeros. The gateway reads no more of a file. */
export const files = {
  jpeg: (size = 64) => file([0xff, 0xd8, 0xff, 0xe0], size),
  png: (size = 64) =>
    file(
      [
        0x89,
        ...ascii('PNG\r\n\x1a\n'),
        0,
        0,
        0,
        13,
        ...ascii('IHDR'),
        ...Array<number>(17).fill(0),
        0,
        0,
        0,
        0,
        ...ascii('IDAT'),
      ],
      size,
    ),
  webp: (size = 64) => file([...ascii('RIFF'), 0, 0, 0, 0, ...ascii('WEBP')], size),
  gif: (size = 64) => file(ascii('GIF89a'), size),
  avif: (size = 64) => file([0, 0, 0, 32, ...ascii('ftypavif')], size),
  heic: (size = 64) => file([0, 0, 0, 32, ...ascii('ftypheic')], size),
  tiff: (size = 64) => file([...ascii('II'), 42, 0, 8, 0, 0, 0], size),
  pdf: (size = 64) => file(ascii('%PDF-1.7'), size),
  html: () => file(ascii('<!doctype html><title>404</title>'), 64),
  svg: () => file(ascii('<svg xmlns="http://www.w3.org/2000/svg"/>'), 64),
  zeros: (size = 64) => file([], size),
} as const;

export function postLines(text: string): RequestInit {
  return { method: 'POST', headers: { 'content-type': 'application/x-ndjson' }, body: text };
}
