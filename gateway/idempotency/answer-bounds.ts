/** Bounds of the answers that Redis keeps for repeated requests. Sizes in bytes, times in ms. */
export interface AnswerBounds {
  /** The largest body of a kept answer, compressed by gzip if that is smaller. */
  readonly maxAnswerBytes: number;
  /** Memory in Redis for one client over all gateways: its answers, its markers of requests in flight, their lists. */
  readonly bytesPerClient: number;
  /** Memory in Redis for all clients together. */
  readonly bytes: number;
  /** Time for which an answer is kept. */
  readonly keepMs: number;
  /** The keys of a crashed gateway's requests stay taken for at most this time. */
  readonly leaseMs: number;
}

const KiB = 1024;
const MiB = 1024 * KiB;

export const defaultAnswerBounds: AnswerBounds = {
  maxAnswerBytes: 64 * KiB,
  bytesPerClient: 8 * MiB,
  bytes: 64 * MiB,
  keepMs: 86_400_000,
  leaseMs: 30_000,
};
