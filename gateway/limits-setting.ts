import { defaultAnswerBounds, type AnswerBounds } from './idempotency/answer-bounds.js';
import { defaultStreamBounds, type StreamBounds } from './jobs/stream-bounds.js';
import { bounds, defaultLimits, type GatewayLimits, type GatewayLimitName } from './limits.js';

const factors: Readonly<Record<string, number>> = {
  '': 1,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  ms: 1,
  s: 1_000,
  min: 60_000,
  h: 3_600_000,
};
const units = { bytes: ['', 'KiB', 'MiB'], ms: ['ms', 's', 'min', 'h'], count: [''] } as const;

export type ParsedLimits = { readonly limits: Partial<GatewayLimits> } | { readonly problem: string };

/** Reads `imageBytes=10MiB,bodyMs=30s,connections=512`: the bounds that differ from the defaults. */
export function parseLimits(text: string): ParsedLimits {
  const limits: Partial<Record<GatewayLimitName, number>> = {};
  for (const entry of text.split(',').map((part) => part.trim())) {
    if (entry === '') continue;
    const [, name = '', amount = '', unit = ''] = /^(\w+)=(\d{1,15})([A-Za-z]*)$/.exec(entry) ?? [];
    if (!isLimitName(name))
      return {
        problem: `expected name=number with one of the names ${Object.keys(bounds).join(', ')}, not "${entry.slice(0, 100)}"`,
      };
    const known: readonly string[] = units[bounds[name].unit];
    if (!known.includes(unit))
      return { problem: `${name} is given in ${listOf(known)}, not as "${entry.slice(0, 100)}"` };
    limits[name] = Number(amount) * (factors[unit] ?? NaN);
    if (!((limits[name] ?? 0) > 0)) return { problem: `${name} must be at least 1` };
  }
  return { limits };
}

/** The share of the process's heap that the bodies of all requests may take. */
const bodyShareOfHeap = 1 / 6;

/** The bounds of a gateway. @param heapBytes upper bound of its heap */
export function limitsFor(heapBytes: number, changed: Partial<GatewayLimits>): GatewayLimits {
  return {
    ...defaultLimits,
    bodyMemoryBytes: Math.max(defaultLimits.imageBytes, Math.floor(heapBytes * bodyShareOfHeap)),
    ...changed,
  };
}

/** The bounds of event streams. */
export function streamBounds({ eventStreams, eventStreamsPerClient, eventStreamMs }: GatewayLimits): StreamBounds {
  return { ...defaultStreamBounds, perGateway: eventStreams, perClient: eventStreamsPerClient, lastsMs: eventStreamMs };
}

/** The bounds of answers that are kept for repeated requests. */
export function answerBounds({
  keptAnswerBytes,
  keptAnswersPerClientBytes,
  keptAnswersBytes,
  keptAnswersMs,
}: GatewayLimits): AnswerBounds {
  const sizes = { maxAnswerBytes: keptAnswerBytes, bytesPerClient: keptAnswersPerClientBytes, bytes: keptAnswersBytes };
  return { ...defaultAnswerBounds, ...sizes, keepMs: keptAnswersMs };
}

function isLimitName(name: string): name is GatewayLimitName {
  return Object.hasOwn(bounds, name);
}

function listOf(known: readonly string[]): string {
  return known.map((unit) => (unit === '' ? 'plain numbers' : unit)).join(', ');
}
