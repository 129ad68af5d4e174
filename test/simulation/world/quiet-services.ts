import type { Logger } from 'pino';
import type { Metrics } from '../../../runtime/metrics.js';

const nothing = () => undefined;

/** Metrics that count nothing. A registry of its own for each process would cost more than the rest of a simulation. */
export const noMetrics = new Proxy(
  {},
  {
    get: () => ({ inc: nothing, dec: nothing, set: nothing, observe: nothing }),
  },
) as unknown as Metrics;

/** @param write receives each line; undefined: nothing is logged */
export function simLogger(name: string, write: ((line: string) => void) | undefined): Logger {
  const at = (level: string) =>
    write === undefined
      ? nothing
      : (first: unknown, text?: string) => {
          const fields =
            typeof first === 'string'
              ? ''
              : ` ${JSON.stringify(first, (_, value: unknown) => (value instanceof Error ? value.message : value))}`;
          write(`${name} ${level}: ${text ?? String(first)}${fields}`);
        };
  const logger = {
    ...{ fatal: at('fatal'), error: at('error'), warn: at('warn'), info: nothing, debug: at('debug') },
    child: () => logger,
  };
  return logger as unknown as Logger;
}
