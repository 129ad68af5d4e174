import { expect, test } from 'vitest';
import type { ModelCard } from '../../models/card.js';
import { withinBudget } from '../../models/execution.js';
import { executionOf } from '../../models/frameworks.js';

const of = (framework: string) => ({ framework }) as ModelCard;

test('a model has all cores for a batch, or shares them among its instances', () => {
  expect(executionOf(of('onnx'), { cores: 8 })).toEqual({ batches: true, instances: 1, cores: 8 });
  expect(executionOf(of('onnx'), { cores: 8, instances: 3 })).toEqual({ batches: true, instances: 3, cores: 2 });
  expect(executionOf(of('onnx'), { cores: 2, instances: 5 })).toEqual({ batches: true, instances: 2, cores: 1 });
});

test('a model that computes on one thread keeps all cores busy by instances', () => {
  expect(executionOf(of('tfjs'), { cores: 4 })).toEqual({ batches: true, instances: 4, cores: 1 });
  expect(executionOf(of('tfjs'), { cores: 4, instances: 2 })).toEqual({ batches: true, instances: 2, cores: 1 });
});

test('what computes on the thread that asks, or not at all, has no batches', () => {
  for (const framework of ['linear', 'none'])
    expect(executionOf(of(framework), { cores: 4 })).toEqual({ batches: false, instances: 1, cores: 0 });
});

test('a budget leaves out instances that do not fit, but one', () => {
  const four = { batches: true, instances: 4, cores: 1 };
  expect(withinBudget(four, 100, 250).instances).toBe(2);
  expect(withinBudget(four, 100, 50).instances).toBe(1);
  expect(withinBudget(four, 0, 50).instances).toBe(4);
  expect(withinBudget(four, 100, Infinity).instances).toBe(4);
});
