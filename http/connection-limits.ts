/** Bounds of the connections of a server; what happens beyond them is in `connections.ts`. */
export interface ConnectionLimits {
  /** Open connections. */
  readonly connections: number;
  /** Requests of one connection without an answer. */
  readonly pipelinedRequests: number;
  /** Longest time without a request (ms). */
  readonly idleConnectionMs: number;
  /** Longest time that a client may take for a piece of an answer (ms). */
  readonly answerIdleMs: number;
  /** Answers that clients have not taken, over all connections (bytes). */
  readonly unsentBytes: number;
}

export const defaultConnectionLimits: ConnectionLimits = {
  connections: 1_024,
  pipelinedRequests: 4,
  idleConnectionMs: 80_000,
  answerIdleMs: 60_000,
  unsentBytes: 32 * 2 ** 20,
};
