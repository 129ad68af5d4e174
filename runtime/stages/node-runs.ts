import type { Clock } from '../../primitives/clock.js';
import type { OperationContext } from '../../processors/operation.js';
import { asFanlightError, FanlightError } from '../../schemas/failure.js';
import { eventNode } from '../../topology/pipeline.js';
import type { OpenedNode } from './opened-pipeline.js';
import type { Task } from './task.js';

/** Observer called before and after every operation (metrics, in-memory driver). */
export interface OperationObserver {
  started(operation: string): void;
  finished(operation: string, durationMs: number): void;
}

interface RunOptions {
  readonly context: OperationContext;
  readonly clock: Clock;
  readonly observer: OperationObserver | undefined;
}

/** Runs the nodes of one stage, each as soon as its inputs exist. Adds their outputs to `values`. */
export async function runNodes(
  nodes: readonly OpenedNode[],
  task: Pick<Task, 'event'>,
  values: Map<string, unknown>,
  options: RunOptions,
): Promise<void> {
  const running = new Map<string, Promise<unknown>>();
  const valueOf = (name: string): unknown => {
    if (name === eventNode) return task.event;
    return running.get(name) ?? values.get(name);
  };
  for (const node of nodes) running.set(node.name, runNode(node, valueOf, options));
  // Waits for all nodes even if one fails: no operation of a record may run after the record counts as failed.
  const outcomes = await Promise.allSettled(running.values());
  const failure = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failure) throw failure.reason;
  for (const [name, value] of running) values.set(name, await value);
}

async function runNode(
  node: OpenedNode,
  valueOf: (name: string) => unknown,
  { context, clock, observer }: RunOptions,
): Promise<unknown> {
  const inputs: Record<string, unknown> = {};
  for (const [input, source] of Object.entries(node.from)) inputs[input] = await valueOf(source);
  if (context.deadline !== undefined && clock.now() > context.deadline) {
    throw new FanlightError({
      code: 'deadline-exceeded',
      message: `The deadline passed before ${node.operation.name} could run.`,
      remedy: 'Allow more time, or send the image to the bulk lane.',
    });
  }
  const startedAt = clock.now();
  observer?.started(node.operation.name);
  try {
    return await node.run(inputs, context);
  } catch (thrown) {
    throw asFanlightError(thrown).failedIn(node.operation.name);
  } finally {
    observer?.finished(node.operation.name, clock.now() - startedAt);
  }
}
