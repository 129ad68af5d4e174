import type { RunInSlot } from '../../primitives/slots.js';
import type { Need, OperationContext } from '../../processors/operation.js';
import type { Ports } from '../../processors/ports.js';
import { asFanlightError, FanlightError, jobCancelled } from '../../schemas/failure.js';
import { carriedValues } from '../../topology/placed-pipeline.js';
import { neededNodes } from '../../topology/reuse.js';
import type { StagePlan, Topology } from '../../topology/topology.js';
import { runNodes, type OperationObserver } from './node-runs.js';
import { openPipeline, type OpenedNode, type OpenedPipeline } from './opened-pipeline.js';
import { keep, recall } from './output-reuse.js';
import type { Task } from './task.js';

/**
 * Bounds the records that run in operations of each need at the same time. Later steps of a pipeline have a higher
 * rank, so the process finishes records before it starts new ones.
 */
export type Slots = Readonly<Record<Need, RunInSlot>>;

export interface StageOptions {
  readonly plan: StagePlan;
  readonly topology: Topology;
  readonly ports: Ports;
  readonly slots: Slots;
  readonly observer?: OperationObserver;
  readonly onUnavailable?: (pipeline: string, error: FanlightError) => void;
}

/** Context of a task. The runner itself records which models answered. */
export interface TaskContext extends Omit<OperationContext, 'served'> {
  /** Whether the job of the task is cancelled at the moment of the call. */
  cancelled(): boolean;
}

/** Runs one stage (or several fused ones) of every pipeline. */
export interface StageRunner {
  readonly plan: StagePlan;
  /**
   * @param queueMs time that the task waited in the queue of the stage (ms)
   * @returns the task with only the values that later stages need
   * @throws FanlightError with the operation that failed; `job-cancelled` when the job of the task was cancelled
   */
  run(task: Task, queueMs: number, context: TaskContext): Promise<Task>;
}

/**
 * Opens every operation of the group once. If a pipeline cannot be opened (for example, a model card is invalid), only
 * its tasks fail, with the reason. Throws if no pipeline can be opened.
 */
export async function openStage(options: StageOptions): Promise<StageRunner> {
  const { plan, topology, ports, slots } = options;
  const pipelines = new Map<string, OpenedPipeline>();
  const unavailable = new Map<string, FanlightError>();
  for (const placed of topology.pipelines.values()) {
    try {
      pipelines.set(placed.id, await openPipeline(placed, options));
    } catch (thrown) {
      const error = asFanlightError(thrown);
      unavailable.set(placed.id, error);
      options.onUnavailable?.(placed.id, error);
    }
  }
  const [first] = unavailable.values();
  if (first && pipelines.size === 0) throw first;

  return {
    plan,
    async run(task, queueMs, given) {
      const pipeline = pipelines.get(task.pipeline);
      if (!pipeline)
        throw brokenHere(unavailable.get(task.pipeline)) ?? unknownPipeline(task.pipeline, [...pipelines.keys()]);
      const { placed, steps, reusable } = pipeline;
      const values = new Map(task.values);
      const timings = { ...task.timings };
      const models = new Set(task.models);
      let { content, cached } = task;
      const recallOnce = async () => {
        if (ports.outputs && content !== null) cached ??= await recall(ports.outputs, content, reusable, values);
        return neededNodes(placed, values);
      };
      const context: OperationContext = { ...given, served: (modelId) => void models.add(modelId) };
      let waitingSince = ports.clock.now() - queueMs;
      let needed = await recallOnce();
      for (const { stage, needs, rank, nodes } of steps) {
        const due = nodes.filter(({ name }) => needed.has(name));
        if (due.length === 0) continue;
        await slots[needs](async function runStep() {
          if (given.cancelled()) throw jobCancelled();
          const startedAt = ports.clock.now();
          await runNodes(due, task, values, { context, clock: ports.clock, observer: options.observer });
          timings[stage] = { queueMs: startedAt - waitingSince, durationMs: ports.clock.now() - startedAt };
        }, rank);
        content ??= contentOf(due, values);
        if (ports.outputs && content !== null) keep(ports.outputs, { content, nodes: due, reusable, values }, given);
        // The fetch sets `content`, so cached outputs can shorten the way from here.
        needed = await recallOnce();
        waitingSince = ports.clock.now();
      }
      const carried = new Map([...carriedValues(placed, needed)].map((name) => [name, values.get(name)]));
      return {
        ...task,
        event: { ...task.event, content: null },
        content,
        cached,
        models: [...models],
        values: carried,
        timings,
      };
    },
  };
}

export function unknownPipeline(id: string, known: readonly string[]): FanlightError {
  return new FanlightError({
    code: 'unknown-pipeline',
    message: `There is no pipeline ${JSON.stringify(id)}.`,
    remedy: `Use one of: ${known.join(', ')}.`,
  });
}

/** A transient copy: the retry may reach a worker that can open the pipeline. */
function brokenHere(error: FanlightError | undefined): FanlightError | undefined {
  if (error?.kind !== 'fatal') return error;
  return new FanlightError({
    code: error.code,
    message: error.message,
    remedy: error.remedy,
    kind: 'transient',
    cause: error,
  });
}

function contentOf(nodes: readonly OpenedNode[], values: ReadonlyMap<string, unknown>): string | null {
  const fetched = nodes.find(({ operation }) => operation.contentOf !== undefined);
  // The output has the type of its operation. `definePipeline` has checked the types of the graph.
  return fetched ? (fetched.operation.contentOf as (output: unknown) => string)(values.get(fetched.name)) : null;
}
