import { ProblemError } from '../../http/problems/problem.js';
import type { GatewayLimits } from '../limits.js';
import type { InferRequest } from './infer-request.js';

/**
 * The deadline of the request (ms). The parameter `timeout` is in microseconds; 0 stands for the default. Throws
 * `invalid-request`.
 */
export function deadlineMsOf(
  { parameters = {} }: Pick<InferRequest, 'parameters'>,
  { defaultDeadlineMs, minDeadlineMs, maxDeadlineMs }: GatewayLimits,
): number {
  const timeout = Number(parameters['timeout'] ?? 0);
  if (timeout === 0) return defaultDeadlineMs;
  const ms = timeout / 1_000;
  if (ms >= minDeadlineMs && ms <= maxDeadlineMs) return ms;
  throw new ProblemError({
    code: 'invalid-request',
    detail: `The parameter timeout is ${String(parameters['timeout']).slice(0, 50)}, which is not between ${minDeadlineMs * 1_000} and ${maxDeadlineMs * 1_000} microseconds.`,
    remedy: 'Send a timeout within these bounds, or leave it out.',
  });
}

/** Throws `invalid-request` for requests of a sequence, because models keep no state between requests. */
export function refuseSequences({ parameters = {} }: Pick<InferRequest, 'parameters'>): void {
  if (!['sequence_id', 'sequence_start', 'sequence_end'].some((name) => Object.hasOwn(parameters, name))) return;
  throw new ProblemError({
    code: 'invalid-request',
    detail: 'The request is part of a sequence, but the models keep no state between requests.',
    remedy: 'Leave out sequence_id, sequence_start and sequence_end.',
  });
}
