import { describe, expect, it } from 'vitest';
import type { AnyOperation } from '../../../processors/operation.js';
import type { Ports } from '../../../processors/ports.js';
import { createManualClock } from '../../../runtime/memory/manual-clock.js';
import { FanlightError } from '../../../schemas/failure.js';
import { openStage } from '../../../runtime/stages/runner.js';
import { lanes } from '../../../topology/lanes.js';
import type { Pipeline } from '../../../topology/pipeline.js';
import { placements } from '../../../topology/placements.js';
import { stages } from '../../../topology/stages.js';
import { createTopology } from '../../../topology/topology.js';

const slots = {
  io: <T>(work: () => Promise<T>) => work(),
  cpu: <T>(work: () => Promise<T>) => work(),
  gpu: <T>(work: () => Promise<T>) => work(),
};
const ports = { clock: createManualClock() } as unknown as Ports;
const context = {
  lane: 'bulk',
  deadline: undefined,
  imageId: 'i',
  client: undefined,
  signal: new AbortController().signal,
  cancelled: () => false,
  waitUntil: () => undefined,
} as const;

function pipelineOf(id: string, open: AnyOperation['open']): Pipeline {
  return { id, result: 'out', nodes: [{ name: 'out', operation: { name: id, needs: 'cpu', open }, from: {} }] };
}
const sound = pipelineOf('sound@1', () => () => 'done');
const broken = pipelineOf('broken@1', () => {
  throw new FanlightError({ code: 'invalid-card', message: 'The card of scene@1 is wrong.', remedy: 'Correct it.' });
});

function open(pipelines: readonly Pipeline[], reported: string[] = []) {
  const topology = createTopology({
    pipelines,
    defaultPipeline: pipelines[0]?.id ?? '',
    stages,
    lanes,
    placement: placements.compact,
  });
  const plan = topology.plans.filter((group) => group.kind === 'entry').find(({ lane }) => lane.name === 'bulk');
  if (!plan) throw new Error('no plan');
  return openStage({
    plan,
    topology,
    ports,
    slots,
    onUnavailable: (id, { message }) => reported.push(`${id}: ${message}`),
  });
}
const task = (pipeline: string) => ({
  event: { listingId: 'l', imageId: 'i', url: 'https://x.example', content: null, pipeline, attributes: {} },
  pipeline,
  eventTime: 0,
  content: null,
  models: [],
  cached: null,
  values: new Map(),
  timings: {},
});

describe('running a task', () => {
  it('names the failing operation in a copy of the error, because records of one batch share the error', async () => {
    const shared = new FanlightError({ code: 'model-failed', message: 'No answer.', remedy: 'Wait.', retryAfterMs: 5 });
    const failing = (id: string) => pipelineOf(id, () => () => Promise.reject(shared));
    const runner = await open([failing('one@1'), failing('two@1')]);
    const failureIn = (id: string) => runner.run(task(id), 0, context).catch((error: unknown) => error);
    const { code, message, remedy, kind, retryAfterMs, stack } = shared;
    for (const id of ['one@1', 'two@1'])
      expect(await failureIn(id)).toMatchObject({ code, message, remedy, kind, retryAfterMs, stack, operation: id });
    expect(shared.operation).toBeUndefined();
  });

  it('names the operation of a defect, and keeps the thrown error as the cause', async () => {
    const cause = new TypeError('no such property');
    const runner = await open([pipelineOf('defect@1', () => () => Promise.reject(cause))]);
    await expect(runner.run(task('defect@1'), 0, context)).rejects.toMatchObject({
      code: 'unexpected-error',
      operation: 'defect@1',
      cause,
    });
  });
});

describe('opening a stage', () => {
  it('fails only tasks of pipelines that cannot be opened, and reports the reason', async () => {
    const reported: string[] = [];
    const runner = await open([sound, broken], reported);
    expect(reported).toEqual(['broken@1: The card of scene@1 is wrong.']);
    expect((await runner.run(task('sound@1'), 0, context)).values.get('out')).toBe('done');
    await expect(runner.run(task('broken@1'), 0, context)).rejects.toMatchObject({
      code: 'invalid-card',
      kind: 'transient',
      message: 'The card of scene@1 is wrong.',
    });
  });

  it('fails if no pipeline can be opened', async () => {
    await expect(open([broken])).rejects.toMatchObject({ code: 'invalid-card', kind: 'fatal' });
  });
});
