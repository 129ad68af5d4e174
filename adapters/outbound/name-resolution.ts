import { lookup } from 'node:dns/promises';

/** Returns all addresses of a host name as text. Rejects if there is none. */
export type Resolve = (hostname: string) => Promise<readonly string[]>;

/** Asks the system resolver (hosts file, search domains). IPv4 comes first, because not every network routes IPv6. */
export async function resolveWithSystem(hostname: string): Promise<readonly string[]> {
  const found = await lookup(hostname, { all: true, order: 'ipv4first' });
  return found.map(({ address }) => address);
}
