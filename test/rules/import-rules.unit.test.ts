import { beforeAll, describe, expect, it } from 'vitest';
import type { Files, Violation } from './planted-tree.js';
import { packageFiles, violationsOf } from './planted-tree.js';

/** One module in each folder, with imports that the rules allow. */
const clean: Files = {
  'schemas/events.ts': 'export interface ListingImage { readonly imageId: string }',
  'schemas/failure.ts': 'export class Failure extends Error {}',
  'primitives/clock.ts': `import { setTimeout } from 'node:timers/promises';
    import { Failure } from '../schemas/failure.js';
    export const clock = [setTimeout, Failure];`,
  'processors/values.ts': 'export interface Tensor { readonly data: Uint8Array }',
  'processors/preprocess.ts': `import sharp from 'sharp';
    import type { Tensor } from './values.js';
    export const preprocess = (tensor: Tensor) => [sharp, tensor];`,
  'models/card.ts': `import type { ListingImage } from '../schemas/events.js'; export type Card = ListingImage;`,
  'models/host.ts': `import type { Tensor } from '../processors/values.js';
    export const infer = (tensor: Tensor) => tensor.data[0];`,
  'models/onnx/session.ts': `import 'onnxruntime-node'; import type { Card } from '../card.js'; export type Session = Card;`,
  'training/features.ts': `import { preprocess } from '../processors/preprocess.js'; export const features = preprocess;`,
  'adapters/url-fetcher.ts': `import { fetch } from 'undici';
    import type { Tensor } from '../processors/values.js';
    export const get = (tensor: Tensor) => [fetch, tensor];`,
  'topology/pipeline.ts': `import { preprocess } from '../processors/preprocess.js'; export const nodes = [preprocess];`,
  'runtime/kafka/consumer/consumer.ts': `import 'kafkajs';
    import '@kafkajs/confluent-schema-registry';
    import { nodes } from '../../../topology/pipeline.js';
    import type { Tensor } from '../../../processors/values.js';
    import type { Tagger } from '../../replies/request-reply.js';
    export const run = (tagger: Tagger, tensor: Tensor) => [nodes, tagger, tensor];`,
  'sinks/s3.ts': `import '@aws-sdk/client-s3'; import { unavailable } from '../adapters/stores/failures.js';
    export { unavailable };
    import type { ListingImage } from '../schemas/events.js'; export type Row = ListingImage;`,
  'runtime/replies/request-reply.ts': `import type { ListingImage } from '../../schemas/events.js'; export type Tagger = ListingImage;`,
  'adapters/stores/failures.ts': `import { Failure } from '../../schemas/failure.js'; export const unavailable = () => Failure;`,
  'http/route.ts': `import { Hono } from 'hono'; export const route = Hono;`,
  'http/clients/keys.ts': `import { route } from '../route.js'; export const keys = route;`,
  'jobs/submission/job-queue.ts': `import type { ListingImage } from '../../schemas/events.js';
    export type JobQueue = ListingImage;`,
  'jobs/submission/kafka-job-queue.ts': `import { run } from '../../runtime/kafka/consumer/consumer.js';
    import { unavailable } from '../../adapters/stores/failures.js';
    import type { JobQueue } from './job-queue.js';
    export const queue = (): JobQueue | unknown => [run, unavailable];`,
  'gateway/app.ts': `import { route } from '../http/route.js'; import type { JobQueue } from '../jobs/submission/job-queue.js';
    import type { Tagger } from '../runtime/replies/request-reply.js';
    export const app = (tagger: Tagger, jobs: JobQueue) => [route, tagger, jobs];`,
  'audit/lane.ts': `import { run } from '../runtime/kafka/consumer/consumer.js'; import type { nodes } from '../topology/pipeline.js';
    export const audit = (pipelines: typeof nodes) => [run, pipelines];`,
  'processes/scheduling-priority.ts': `import { clock } from '../primitives/clock.js'; export const giveWay = () => clock;`,
  'local/servers/kafka.ts': `import { giveWay } from '../../processes/scheduling-priority.js'; export const start = () => giveWay;`,
  'processes/services.ts': `import { run } from '../runtime/kafka/consumer/consumer.js'; export const open = () => run;`,
  'processes/pipeline-ports.ts': `import { get } from '../adapters/url-fetcher.js'; export const openPorts = () => get;`,
  'processes/gateway/gateway.ts': `import { openPorts } from '../pipeline-ports.js';
    import { open } from '../services.js';
    import { app } from '../../gateway/app.js';
    import { queue } from '../../jobs/submission/kafka-job-queue.js';
    export const runGateway = () => [open, openPorts, app, queue];`,
  'local/status.ts': `import { open } from '../processes/services.js';
    import { start } from './servers/kafka.js';
    export const status = () => [open, start];`,
  'cli/main.ts': `import { audit } from '../audit/lane.js'; import { keys } from '../http/clients/keys.js';
    import { runGateway } from '../processes/gateway/gateway.js'; import { status } from '../local/status.js';
    export const main = [audit, keys, runGateway, status];`,
  'bench/bulk.ts': `import { main } from '../cli/main.js'; import 'undici'; export const bench = main;`,
  'chaos/oracle/kafka.ts': `import 'kafkajs'; import { main } from '../../cli/main.js'; export const oracle = main;`,
  'test/all.unit.test.ts': `import 'vitest'; import 'hono'; import '../bench/bulk.js'; import '../cli/main.js';`,
};

const installed = packageFiles([
  ...['sharp', 'onnxruntime-node', 'undici', 'kafkajs', '@kafkajs/confluent-schema-registry', '@aws-sdk/client-s3'],
  ...['hono', 'vitest', 'zod', 'yaml', 'left-pad'],
]);

/** Planted file → its text and the rule that must report it. */
const planted: Readonly<Record<string, readonly [rule: string, text: string]>> = {
  'schemas/uses-primitive.ts': ['schemas-imports', `import { clock } from '../primitives/clock.js'; export { clock };`],
  'schemas/uses-type.ts': [
    'schemas-imports',
    `import type { Tensor } from '../processors/values.js'; export type T = Tensor;`,
  ],
  'schemas/uses-zod.ts': ['home-of-zod', `import { z } from 'zod'; export { z };`],
  'primitives/uses-processor.ts': [
    'primitives-imports',
    `import type { Tensor } from '../processors/values.js'; export type T = Tensor;`,
  ],
  'processors/uses-session.ts': [
    'processors-imports',
    `import type { Session } from '../models/onnx/session.js'; export type S = Session;`,
  ],
  'processors/uses-card.ts': [
    'processors-imports',
    `import type { Card } from '../models/card.js'; export type C = Card;`,
  ],
  'processors/runs-model.ts': ['processors-imports', `import { infer } from '../models/host.js'; export { infer };`],
  'processors/uses-topology.ts': [
    'processors-imports',
    `import { nodes } from '../topology/pipeline.js'; export { nodes };`,
  ],
  'processors/uses-runtime.ts': [
    'processors-imports',
    `export const later = () => import('../runtime/kafka/consumer/consumer.js');`,
  ],
  'processors/uses-onnxruntime.ts': ['home-of-onnxruntime-node', `import 'onnxruntime-node';`],
  'processors/uses-undici.ts': ['home-of-undici', `import 'undici';`],
  'models/runs-processor.ts': [
    'models-imports-types-only',
    `import { preprocess } from '../processors/preprocess.js'; export { preprocess };`,
  ],
  'models/uses-kafka.ts': ['home-of-kafkajs', `import 'kafkajs';`],
  'adapters/runs-processor.ts': [
    'adapters-imports-types-only',
    `import { preprocess } from '../processors/preprocess.js'; export { preprocess };`,
  ],
  'adapters/uses-runtime.ts': [
    'adapters-imports',
    `import { run } from '../runtime/kafka/consumer/consumer.js'; export { run };`,
  ],
  'topology/uses-runtime.ts': [
    'topology-imports',
    `import { run } from '../runtime/kafka/consumer/consumer.js'; export { run };`,
  ],
  'runtime/runs-processor.ts': [
    'runtime-imports-types-only',
    `import { preprocess } from '../processors/preprocess.js'; export { preprocess };`,
  ],
  'runtime/uses-sink.ts': ['runtime-imports', `import type { Row } from '../sinks/s3.js'; export type R = Row;`],
  'runtime/uses-kafka-outside.ts': ['home-of-kafkajs', `import type { Kafka } from 'kafkajs'; export type K = Kafka;`],
  'runtime/uses-registry-outside.ts': [
    'home-of-@kafkajs/confluent-schema-registry',
    `import '@kafkajs/confluent-schema-registry';`,
  ],
  'sinks/uses-kafka.ts': ['home-of-kafkajs', `import 'kafkajs';`],
  'sinks/uses-runtime.ts': [
    'sinks-imports',
    `import { run } from '../runtime/kafka/consumer/consumer.js'; export { run };`,
  ],
  'sinks/uses-jobs.ts': [
    'sinks-imports',
    `import { queue } from '../jobs/submission/kafka-job-queue.js'; export { queue };`,
  ],
  'sinks/uses-fetcher.ts': ['sinks-imports', `import { get } from '../adapters/url-fetcher.js'; export { get };`],
  'jobs/uses-sink.ts': ['jobs-imports', `import type { Row } from '../sinks/s3.js'; export type R = Row;`],
  'jobs/uses-route.ts': ['jobs-imports', `import { route } from '../http/route.js'; export { route };`],
  'runtime/uses-jobs.ts': [
    'runtime-imports',
    `import { queue } from '../jobs/submission/kafka-job-queue.js'; export { queue };`,
  ],
  'http/uses-gateway.ts': ['http-imports', `import { app } from '../gateway/app.js'; export { app };`],
  'http/uses-jobs.ts': [
    'http-imports',
    `import type { JobQueue } from '../jobs/submission/job-queue.js'; export type J = JobQueue;`,
  ],
  'gateway/runs-replies.ts': [
    'gateway-imports-types-only',
    `import { replies } from '../runtime/replies/request-reply.js'; export { replies };`,
  ],
  'runtime/uses-gateway.ts': [
    'runtime-imports',
    `import type { app } from '../gateway/app.js'; export type A = typeof app;`,
  ],
  'gateway/uses-queue.ts': [
    'gateway-imports',
    `import { queue } from '../jobs/submission/kafka-job-queue.js'; export { queue };`,
  ],
  'processes/uses-training.ts': [
    'processes-imports',
    `import { features } from '../training/features.js'; export { features };`,
  ],
  'sinks/uses-gateway.ts': ['sinks-imports', `import { app } from '../gateway/app.js'; export { app };`],
  'gateway/uses-runtime.ts': [
    'gateway-imports',
    `import { run } from '../runtime/kafka/consumer/consumer.js'; export { run };`,
  ],
  'gateway/uses-processor.ts': [
    'gateway-imports',
    `import type { Tensor } from '../processors/values.js'; export type T = Tensor;`,
  ],
  'gateway/uses-sharp.ts': ['home-of-sharp', `import 'sharp';`],
  'audit/runs-topology.ts': [
    'audit-imports-types-only',
    `import { nodes } from '../topology/pipeline.js'; export { nodes };`,
  ],
  'audit/uses-main.ts': ['audit-imports', `import { open } from '../processes/services.js'; export { open };`],
  'audit/uses-cli.ts': ['audit-imports', `import { main } from '../cli/main.js'; export { main };`],
  'local/servers/uses-topology.ts': [
    'local-servers-imports',
    `import { nodes } from '../../topology/pipeline.js'; export { nodes };`,
  ],
  'local/servers/uses-main.ts': [
    'local-servers-imports',
    `import { open } from '../../processes/services.js'; export { open };`,
  ],
  'local/uses-main.ts': [
    'local-imports',
    `import { runGateway } from '../processes/gateway/gateway.js'; export { runGateway };`,
  ],
  'local/uses-gateway.ts': ['local-imports', `import { app } from '../gateway/app.js'; export { app };`],
  'local/uses-cli.ts': ['local-imports', `import { main } from '../cli/main.js'; export { main };`],
  'processes/uses-local.ts': ['processes-imports', `import { status } from '../local/status.js'; export { status };`],
  'processes/uses-cli.ts': ['processes-imports', `import { main } from '../cli/main.js'; export { main };`],
  'cli/uses-hono.ts': ['home-of-hono', `import 'hono';`],
  'cli/uses-app.ts': ['cli-imports', `import { app } from '../gateway/app.js'; export { app };`],
  'cli/uses-adapter.ts': ['cli-imports', `import { get } from '../adapters/url-fetcher.js'; export { get };`],
  'cli/uses-bench.ts': ['cli-imports', `import { bench } from '../bench/bulk.js'; export { bench };`],
  'sinks/uses-cli.ts': ['sinks-imports', `import { main } from '../cli/main.js'; export { main };`],
  'gateway/uses-test.ts': ['gateway-imports', `import '../test/all.unit.test.js';`],
  'chaos/uses-bench.ts': ['chaos-imports', `import { bench } from '../bench/bulk.js'; export { bench };`],
  'chaos/uses-kafkajs.ts': ['home-of-kafkajs', `import 'kafkajs';`],
  'cli/uses-chaos.ts': ['cli-imports', `import { oracle } from '../chaos/oracle/kafka.js'; export { oracle };`],
  'bench/uses-test.ts': ['bench-imports', `import '../test/all.unit.test.js';`],
  'serving/new-folder.ts': ['listed-folders', `import { clock } from '../primitives/clock.js'; export { clock };`],
  'sinks/uses-unlisted.ts': ['listed-packages', `import 'left-pad';`],
  'sinks/uses-dev.ts': ['development-packages', `import 'yaml';`],
  'sinks/uses-missing.ts': ['resolvable', `import './missing.js';`],
  'sinks/forgotten.ts': ['no-orphans', `export const forgotten = 1;`],
  'topology/check.ts': ['no-cycles', `import { describe } from './describe.js'; export const check = () => describe;`],
  'topology/cycle-a.ts': ['no-cycles', `import type { B } from './cycle-b.js'; export interface A { readonly b: B }`],
};

/** The other modules of the planted cycles; a cycle is reported once, at its first module. */
const cycleEnds: Files = {
  'topology/describe.ts': `import { check } from './check.js'; export const describe = () => check;`,
  'topology/cycle-b.ts': `import type { A } from './cycle-a.js'; export interface B { readonly a: A }`,
};

describe('import rules', () => {
  it('accept a tree whose imports follow the design', { timeout: 60_000 }, async () => {
    expect(await violationsOf({ ...clean, ...installed })).toEqual([]);
  });

  describe('report a planted violation', () => {
    let found: readonly Violation[] = [];
    beforeAll(async () => {
      const sources = Object.fromEntries(Object.entries(planted).map(([path, [, text]]) => [path, text]));
      found = await violationsOf({ ...clean, ...installed, ...cycleEnds, ...sources });
    }, 60_000);

    it.each(Object.entries(planted).map(([path, [rule]]) => ({ path, rule })))(
      'in $path by rule $rule',
      ({ path, rule }) => {
        expect(found.filter(({ from }) => from === path).map((violation) => violation.rule)).toEqual([rule]);
      },
    );

    it('in no other file', () => {
      expect(found.map(({ from }) => from).filter((path) => !(path in planted))).toEqual([]);
    });
  });
});
