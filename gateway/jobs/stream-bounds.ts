/** Bounds of `GET /v1/jobs/{id}/events`. */
export interface StreamBounds {
  /** Open event streams of one client, over all gateways. */
  readonly perClient: number;
  /** Open event streams of one gateway, over all clients. */
  readonly perGateway: number;
  /** Duration (ms) of a stream; clients connect again after it. */
  readonly lastsMs: number;
  /** Time (ms) that a reader has to take the end of its stream; the connection is cut after it. */
  readonly cutAfterMs: number;
  /** Time (ms) without an event after which a comment is sent. */
  readonly keepAliveMs: number;
  /** Time (ms) between two look-ups of a followed job. */
  readonly lookEveryMs: number;
  /** Longest time (ms) until the next look-up after look-ups that failed. */
  readonly longestBackoffMs: number;
  /** Look-ups of jobs that one gateway has in flight; further ones wait their turn. */
  readonly lookUpsInFlight: number;
}

export const defaultStreamBounds: StreamBounds = {
  perClient: 64,
  perGateway: 1_000,
  lastsMs: 3_600_000,
  cutAfterMs: 30_000,
  keepAliveMs: 15_000,
  lookEveryMs: 500,
  longestBackoffMs: 5_000,
  lookUpsInFlight: 16,
};
