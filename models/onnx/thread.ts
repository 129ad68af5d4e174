import { Worker } from 'node:worker_threads';
import { FanlightError } from '../../schemas/failure.js';
import type { Reply, Request } from './messages.js';

type Unnumbered<R> = R extends Request ? Omit<R, 'id'> : never;

interface Pending {
  readonly model: string;
  readonly kind: Request['kind'];
  resolve(reply: Reply): void;
  reject(error: Error): void;
}

/** Starts the sibling module; from source (tests, `tsx`) the new thread must first be taught to load TypeScript. */
function startThread(): Worker {
  if (!import.meta.url.endsWith('.ts')) return new Worker(new URL('./session-thread.js', import.meta.url), { name: 'onnx' });
  const tsx = JSON.stringify(import.meta.resolve('tsx/esm/api'));
  const entry = JSON.stringify(new URL('./session-thread.ts', import.meta.url).href);
  return new Worker(`import(${tsx}).then(({ register }) => { register(); return import(${entry}); });`, { name: 'onnx', eval: true });
}

/**
 * The process's one ONNX thread, seen from outside: requests go in, replies come back in any order. When the thread
 * dies, every request that waits and every later one is rejected with the same fatal `model-failed`.
 */
export class OnnxThread {
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;
  #death: FanlightError | undefined;

  constructor() {
    this.#worker = startThread();
    this.#worker.on('message', (reply: Reply) => this.#settle(reply));
    this.#worker.on('error', (error) => this.#die(error));
    this.#worker.on('exit', (code) => this.#die(new Error(`it exited with code ${code}`)));
    this.#worker.unref();
  }

  get dead(): boolean {
    return this.#death !== undefined;
  }

  /**
   * @param model only named in errors.
   * @throws FanlightError `model-failed`: fatal when the thread is dead or a model can not be loaded, transient when only
   *   this batch failed.
   */
  request(model: string, request: Unnumbered<Request>, transfer: ArrayBuffer[] = []): Promise<Reply> {
    if (this.#death !== undefined) return Promise.reject(this.#death);
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { model, kind: request.kind, resolve, reject });
      // Only work under way keeps the process alive; an idle thread does not.
      this.#worker.ref();
      this.#worker.postMessage({ ...request, id }, transfer);
    });
  }

  /** Ends the thread; requests that still wait are rejected. */
  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }

  #settle(reply: Reply): void {
    const pending = this.#pending.get(reply.id);
    this.#pending.delete(reply.id);
    if (this.#pending.size === 0) this.#worker.unref();
    if (pending === undefined) return;
    if (reply.kind !== 'failed') pending.resolve(reply);
    else pending.reject(failed(`Model ${pending.model} failed: ${reply.message}.`, 'Read the ONNX runtime\'s words; when they name memory, lower the batch size.', pending.kind === 'load' ? 'fatal' : 'transient'));
  }

  #die(cause: Error): void {
    this.#death ??= failed(`The ONNX thread died: ${cause.message}.`, 'Restart the worker; if it dies again, give the process more memory or fewer models.', 'fatal', cause);
    for (const pending of this.#pending.values()) pending.reject(this.#death);
    this.#pending.clear();
  }
}

function failed(message: string, remedy: string, kind: 'fatal' | 'transient', cause?: unknown): FanlightError {
  return new FanlightError({ code: 'model-failed', kind, message, remedy, cause });
}
