import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { FanlightError } from '../../schemas/failure.js';
import { Activity } from './activity.js';
import type { Reply, Request } from './messages.js';

const pollMs = 2;
/**
 * Longest wait for a batch in flight when the process exits. A batch takes well under a second; a hung one must not
 * block the exit.
 */
const exitTimeoutMs = 10_000;

type Unnumbered<R> = R extends Request ? Omit<R, 'id'> : never;

interface Pending {
  readonly model: string;
  readonly kind: Request['kind'];
  resolve(reply: Reply): void;
  reject(error: Error): void;
}

/** A runtime that computes on its own thread. */
export interface Runtime {
  /** Display name, such as "ONNX". */
  readonly name: string;
  /** URL of the module that calls `serve`, with the extension `.js`. */
  readonly module: URL;
}

/** Starts the runtime's module. From source (tests, `tsx`), the new thread first registers the TypeScript loader. */
function startThread({ name, module }: Runtime, workerData: SharedArrayBuffer): Worker {
  if (!import.meta.url.endsWith('.ts')) return new Worker(module, { name, workerData });
  const tsx = JSON.stringify(import.meta.resolve('tsx/esm/api'));
  const entry = JSON.stringify(module.href.replace(/[.]js$/, '.ts'));
  return new Worker(`import(${tsx}).then(({ register }) => { register(); return import(${entry}); });`, {
    name,
    eval: true,
    workerData,
  });
}

/**
 * Client side of a model's thread: it sends requests and receives the replies in order. When the thread dies, every
 * pending and every later request is rejected with the same fatal `model-failed`.
 */
export class ModelThread {
  readonly #runtime: Runtime;
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  readonly #activity = new Activity();
  #nextId = 1;
  #death: FanlightError | undefined;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
    this.#worker = startThread(runtime, this.#activity.memory);
    this.#worker.on('message', (reply: Reply) => this.#settle(reply));
    this.#worker.on('error', (error) => this.#die(error));
    this.#worker.on('exit', (code) => this.#die(new Error(`it exited with code ${code}`)));
    this.#worker.unref();
    process.once('exit', this.#beforeExit);
  }

  /** Requests in flight. */
  get pending(): number {
    return this.#pending.size;
  }

  get dead(): boolean {
    return this.#death !== undefined;
  }

  /**
   * @param model model id, for error messages only.
   * @throws FanlightError `model-failed`: fatal when the thread is dead or a model cannot be loaded, transient when
   * only this batch failed.
   */
  request(model: string, request: Unnumbered<Request>, transfer: ArrayBuffer[] = []): Promise<Reply> {
    if (this.#death !== undefined) return Promise.reject(this.#death);
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { model, kind: request.kind, resolve, reject });
      // Only work in flight keeps the process alive; an idle thread does not.
      this.#worker.ref();
      this.#worker.postMessage({ ...request, id }, transfer);
    });
  }

  /** Ends the thread after its current computation. Requests queued behind that are rejected. */
  async terminate(): Promise<void> {
    this.#activity.stop();
    while (this.#activity.busy && !this.dead) await delay(pollMs);
    await this.#worker.terminate();
  }

  /** `process.exit` ends threads at once, so the batch in flight must have left native code before that. */
  readonly #beforeExit = (): void => {
    this.#activity.stop();
    this.#activity.waitUntilIdle(exitTimeoutMs);
  };

  #settle(reply: Reply): void {
    const pending = this.#pending.get(reply.id);
    this.#pending.delete(reply.id);
    if (this.#pending.size === 0) this.#worker.unref();
    if (pending === undefined) return;
    if (reply.kind !== 'failed') pending.resolve(reply);
    else
      pending.reject(
        failed(
          `Model ${pending.model} failed: ${reply.message}.`,
          `Read the message of the ${this.#runtime.name} runtime; if it is about memory, lower the batch size.`,
          pending.kind === 'load' ? 'fatal' : 'transient',
        ),
      );
  }

  #die(cause: Error): void {
    process.off('exit', this.#beforeExit);
    this.#death ??= failed(
      `The ${this.#runtime.name} thread died: ${cause.message}.`,
      'Restart the worker; if it dies again, give the process more memory or fewer models.',
      'fatal',
      cause,
    );
    for (const pending of this.#pending.values()) pending.reject(this.#death);
    this.#pending.clear();
  }
}

function failed(message: string, remedy: string, kind: 'fatal' | 'transient', cause?: unknown): FanlightError {
  return new FanlightError({ code: 'model-failed', kind, message, remedy, cause });
}
