/** Error of a broker or of kafkajs. `type` is the name of a broker's error, such as `MESSAGE_TOO_LARGE`. */
export interface BrokerError {
  readonly message: string;
  readonly type?: string;
}

/** Returns the innermost error, which has the broker's answer. */
export function rootCause(error: unknown): BrokerError {
  let cause = error as BrokerError & { cause?: unknown };
  while (cause.cause instanceof Error) cause = cause.cause;
  return cause;
}
