import { createRequire } from 'node:module';

interface ErrorCode {
  readonly code: number;
  readonly type: string;
}

const { createErrorFromCode, errorCodes } = createRequire(import.meta.url)('kafkajs/src/protocol/error') as {
  createErrorFromCode(code: number): Error;
  errorCodes: readonly ErrorCode[];
};

const codes = new Map(errorCodes.map(({ code, type }) => [type, code]));

/** Returns the error that kafkajs makes of a broker's error code, such as `NOT_COORDINATOR_FOR_GROUP`. */
export function protocolError(type: string): Error {
  const code = codes.get(type);
  if (code === undefined) throw new Error(`Kafka has no error ${type}`);
  return createErrorFromCode(code);
}
