import { parentPort, workerData } from 'node:worker_threads';
import { Activity } from './activity.js';
import type { LoadRequest, Names, Reply, Request, RunRequest } from './messages.js';

/**
 * The runtime's part of serving a model, on the thread of the model. An error fails only the request that caused it.
 */
export interface Sessions<Session> {
  load(request: LoadRequest): Promise<{ readonly session: Session; readonly names: Names }>;
  /** Returns one array per output, in the order of the request. Each holds the whole batch in transferable memory. */
  run(session: Session, request: RunRequest): Promise<readonly Float32Array<ArrayBuffer>[]>;
  release(session: Session): Promise<void>;
}

/** Serves the requests of a `ModelThread` in FIFO order, so a session is released only after the batches before. */
export function serve<Session>(runtime: Sessions<Session>): void {
  if (parentPort === null)
    throw new Error('This module cannot run by itself; models/thread/model-thread.ts starts it.');
  const port = parentPort;
  const activity = new Activity(workerData as SharedArrayBuffer);
  let loaded: { readonly session: Session } | undefined;

  async function replyTo(request: Request): Promise<Reply> {
    const { id } = request;
    if (request.kind === 'load') {
      const { session, names } = await runtime.load(request);
      loaded = { session };
      return { kind: 'loaded', id, ...names };
    }
    if (request.kind === 'run') {
      if (loaded === undefined) throw new Error('it is not loaded');
      return { kind: 'ran', id, outputs: await runtime.run(loaded.session, request) };
    }
    if (loaded !== undefined) await runtime.release(loaded.session);
    loaded = undefined;
    return { kind: 'released', id };
  }

  async function answer(request: Request): Promise<void> {
    if (!activity.begin()) {
      port.postMessage({ kind: 'failed', id: request.id, message: 'its thread is ending' } satisfies Reply);
      return;
    }
    try {
      const reply = await replyTo(request);
      port.postMessage(reply, reply.kind === 'ran' ? reply.outputs.map((output) => output.buffer) : []);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      port.postMessage({ kind: 'failed', id: request.id, message } satisfies Reply);
    } finally {
      activity.end();
    }
  }

  let queue = Promise.resolve();
  port.on('message', (request: Request) => {
    queue = queue.then(() => answer(request));
  });
}
