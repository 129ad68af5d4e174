/** Bounds of the connections of a server. `connections.ts` enforces them. */
export interface ConnectionLimits {
  /** Open connections. */
  readonly connections: number;
  /** Requests of one connection without an answer. */
  readonly pipelinedRequests: number;
  /** Longest time without a request (ms). */
  readonly idleConnectionMs: number;
  /** Longest time for which a client may read nothing of a waiting answer (ms). */
  readonly answerIdleMs: number;
  /** Answers that clients have not read yet, over all connections (bytes). */
  readonly unsentBytes: number;
}

export const defaultConnectionLimits: ConnectionLimits = {
  connections: 1_024,
  pipelinedRequests: 4,
  idleConnectionMs: 80_000,
  answerIdleMs: 60_000,
  unsentBytes: 32 * 2 ** 20,
};
