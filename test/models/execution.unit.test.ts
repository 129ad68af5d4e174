import { expect, test } from 'vitest';
import type { ModelCard } from '../../models/card.js';
import { withinBudget } from '../../models/execution.js';
import { executionOf } from '../../models/frameworks.js';

const of = (framework: string) => ({ framework }) as ModelCard;

test('executionOf gives a batch all cores, or splits them among the instances', () => {
  expect(executionOf(of('onnx'), { cores: 8 })).toEqual({ batches: true, instances: 1, cores: 8 });
  expect(executionOf(of('onnx'), { cores: 8, instances: 3 })).toEqual({ batches: true, instances: 3, cores: 2 });
  expect(executionOf(of('onnx'), { cores: 2, instances: 5 })).toEqual({ batches: true, instances: 2, cores: 1 });
});

test('executionOf uses one instance per core for a model that computes on one thread', () => {
  expect(executionOf(of('tfjs'), { cores: 4 })).toEqual({ batches: true, instances: 4, cores: 1 });
  expect(executionOf(of('tfjs'), { cores: 4, instances: 2 })).toEqual({ batches: true, instances: 2, cores: 1 });
});

test('executionOf does not batch models that run on the calling thread or need no runtime', () => {
  for (const framework of ['linear', 'none'])
    expect(executionOf(of(framework), { cores: 4 })).toEqual({ batches: false, instances: 1, cores: 0 });
});

test('withinBudget drops instances that do not fit, but keeps at least one', () => {
  const four = { batches: true, instances: 4, cores: 1 };
  expect(withinBudget(four, 100, 250).instances).toBe(2);
  expect(withinBudget(four, 100, 50).instances).toBe(1);
  expect(withinBudget(four, 0, 50).instances).toBe(4);
  expect(withinBudget(four, 100, Infinity).instances).toBe(4);
});
