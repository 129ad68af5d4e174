/**
 * The thread that owns every ONNX session of the process. `run` of onnxruntime-node computes on the thread that calls
 * it, so on the main thread each batch would hold up Kafka heartbeats and health checks.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { Activity } from './activity.js';
import type { LoadRequest, Reply, Request, RunRequest } from './messages.js';

if (parentPort === null) throw new Error('session-thread is started by models/onnx/thread.ts, not run by itself.');
const port = parentPort;
const activity = new Activity(workerData as SharedArrayBuffer);
const sessions = new Map<number, InferenceSession>();

async function load(request: LoadRequest): Promise<Reply> {
  const session = await InferenceSession.create(request.path, {
    executionProviders: ['cpu'],
    intraOpNumThreads: request.threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    extra: {
      session: {
        // Several processes share the cores: a thread that spins for work takes them from its neighbours.
        intra_op: { allow_spinning: '0' },
        // Smaller blocks of work even out threads that were descheduled.
        dynamic_block_base: '4',
      },
    },
  });
  sessions.set(request.session, session);
  return { kind: 'loaded', id: request.id, inputs: session.inputNames, outputs: session.outputNames };
}

function sessionOf(number: number): InferenceSession {
  const session = sessions.get(number);
  if (session === undefined) throw new Error('it is not loaded, or was disposed');
  return session;
}

async function run(request: RunRequest): Promise<Extract<Reply, { kind: 'ran' }>> {
  const feed = new Tensor('uint8', request.data, request.shape);
  const results = await sessionOf(request.session).run({ [request.input]: feed }, request.outputs);
  const outputs = request.outputs.map((name) => {
    const data = results[name]?.data;
    if (!(data instanceof Float32Array)) throw new Error(`its output "${name}" is not float32`);
    // The runtime may own the memory behind a result, and what it owns can not be transferred.
    return new Float32Array(data);
  });
  return { kind: 'ran', id: request.id, outputs };
}

async function release(number: number): Promise<void> {
  const session = sessions.get(number);
  sessions.delete(number);
  await session?.release();
}

async function answer(request: Request): Promise<void> {
  if (!activity.begin()) {
    port.postMessage({ kind: 'failed', id: request.id, message: 'the ONNX thread is ending' } satisfies Reply);
    return;
  }
  try {
    if (request.kind === 'run') {
      const reply = await run(request);
      port.postMessage(reply, reply.outputs.map((output) => output.buffer));
    } else if (request.kind === 'load') {
      port.postMessage(await load(request));
    } else {
      await release(request.session);
      port.postMessage({ kind: 'released', id: request.id } satisfies Reply);
    }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    port.postMessage({ kind: 'failed', id: request.id, message } satisfies Reply);
  } finally {
    activity.end();
  }
}

// One after the other, so that a session is released only after the batches that were asked for before.
let queue = Promise.resolve();
port.on('message', (request: Request) => {
  queue = queue.then(() => answer(request));
});
