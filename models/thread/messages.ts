import type { DeviceKind } from '../device.js';

/** Messages between a worker's event loop and the thread that runs a model. Buffers are transferred. */

export interface LoadRequest {
  readonly kind: 'load';
  readonly id: number;
  readonly path: string;
  /** Paths of the files that the file at `path` refers to, by their base names. */
  readonly data: readonly string[];
  readonly threads: number;
  readonly device: DeviceKind;
}

export interface RunRequest {
  readonly kind: 'run';
  readonly id: number;
  readonly input: string;
  readonly outputs: readonly string[];
  /** The whole batch, row after row. */
  readonly data: Uint8Array<ArrayBuffer>;
  readonly shape: readonly number[];
}

export interface ReleaseRequest {
  readonly kind: 'release';
  readonly id: number;
}

export type Request = LoadRequest | RunRequest | ReleaseRequest;

/** Input and output names of the model. */
export interface Names {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

export interface LoadedReply extends Names {
  readonly kind: 'loaded';
  readonly id: number;
}

export interface RanReply {
  readonly kind: 'ran';
  readonly id: number;
  /** One array per output, in the order of the request. Each holds the whole batch. */
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
