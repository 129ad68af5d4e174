import { lookup } from 'node:dns/promises';

/** All addresses of a host name, textual. Rejects when there are none. */
export type Resolve = (hostname: string) => Promise<readonly string[]>;

/** The system resolver (hosts file, search domains), IPv4 first because not every network routes IPv6. */
export async function resolveWithSystem(hostname: string): Promise<readonly string[]> {
  const found = await lookup(hostname, { all: true, order: 'ipv4first' });
  return found.map(({ address }) => address);
}
