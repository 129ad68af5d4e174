import Table from 'cli-table3';
import type { Client, ClientLimits, KeyRecord } from '../../http/clients/client.js';
import type { Colours } from '../client/colours.js';

export interface ListedClient extends Client {
  readonly keys: readonly Omit<KeyRecord, 'hash'>[];
}

/** Renders one row per client, with one line per key. */
export function clientsTable(
  clients: readonly ListedClient[],
  { now, colours }: { readonly now: number; readonly colours: Colours },
): string {
  const table = new Table({
    head: ['client', 'scopes', 'limits', 'keys'].map((title) => colours.bold(title)),
    style: { head: [], border: colours.isColorSupported ? ['gray'] : [] },
  });
  for (const { name, scopes, limits, keys } of clients) {
    table.push([
      name,
      scopes.join('\n'),
      limitsText(limits).replaceAll(', ', '\n'),
      keys.map((key) => `${key.id}  ${stateOf(key, now)}`).join('\n'),
    ]);
  }
  return table.toString();
}

export function limitsText({ rate, concurrency, imagesPerDay }: ClientLimits): string {
  const parts = [
    ...(rate === null
      ? []
      : [`${Math.round(rate.perSecond * 1_000) / 1_000} requests per second (burst ${rate.burst})`]),
    ...(concurrency === null ? [] : [`${concurrency} in flight`]),
    ...(imagesPerDay === null ? [] : [`${imagesPerDay} images per day`]),
  ];
  return parts.join(', ') || 'no limits';
}

function stateOf({ expiresAt, revokedAt }: Omit<KeyRecord, 'hash'>, now: number): string {
  if (revokedAt !== null) return `revoked ${minute(revokedAt)}`;
  if (expiresAt === null) return 'valid';
  return expiresAt <= now ? `expired ${minute(expiresAt)}` : `valid until ${minute(expiresAt)}`;
}

/** Formats a time as `2026-01-01 12:00Z`. */
function minute(time: number): string {
  return `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')}Z`;
}
