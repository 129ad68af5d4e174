/** What passes between a worker's event loop and the thread that owns its ONNX sessions. Buffers are transferred. */

export interface LoadRequest {
  readonly kind: 'load';
  readonly id: number;
  /** Chosen by the asker and unique in the process: the same model may be loaded twice. */
  readonly session: number;
  readonly path: string;
  readonly threads: number;
}

export interface RunRequest {
  readonly kind: 'run';
  readonly id: number;
  readonly session: number;
  readonly input: string;
  readonly outputs: readonly string[];
  /** The whole batch, row after row. */
  readonly data: Uint8Array<ArrayBuffer>;
  readonly shape: readonly number[];
}

export interface ReleaseRequest {
  readonly kind: 'release';
  readonly id: number;
  readonly session: number;
}

export type Request = LoadRequest | RunRequest | ReleaseRequest;

export interface LoadedReply {
  readonly kind: 'loaded';
  readonly id: number;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

export interface RanReply {
  readonly kind: 'ran';
  readonly id: number;
  /** In the order of the request's outputs, each holding the whole batch. */
  readonly outputs: readonly Float32Array<ArrayBuffer>[];
}

export interface ReleasedReply {
  readonly kind: 'released';
  readonly id: number;
}

export interface FailedReply {
  readonly kind: 'failed';
  readonly id: number;
  readonly message: string;
}

export type Reply = LoadedReply | RanReply | ReleasedReply | FailedReply;
