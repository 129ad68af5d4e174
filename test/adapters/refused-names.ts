import type { Resolve } from '../../adapters/outbound/name-resolution.js';

interface RefusedName {
  readonly name: string;
  readonly resolve: Resolve;
  /** The reason in the log. */
  readonly reason: string;
}

/** Host names without a permitted address. `name` completes the sentence "a name that …". */
export const refusedNames: readonly RefusedName[] = [
  {
    name: 'does not resolve',
    resolve: () => Promise.reject(new Error('getaddrinfo ENOTFOUND photos.example')),
    reason: 'its name does not resolve: getaddrinfo ENOTFOUND photos.example',
  },
  { name: 'has no address', resolve: async () => [], reason: 'its name has no address' },
  {
    name: 'has a private address',
    resolve: async () => ['10.0.0.1'],
    reason: 'it resolves to 10.0.0.1, which is a private address',
  },
  {
    name: 'has the loopback address',
    resolve: async () => ['::1'],
    reason: 'it resolves to ::1, which is a loopback address',
  },
  {
    name: 'has a mapped IPv6 address',
    resolve: async () => ['::ffff:10.0.0.1'],
    reason: 'it resolves to ::ffff:10.0.0.1, which is an IPv4 address mapped into IPv6',
  },
  {
    name: 'has a public and a private address',
    resolve: async () => ['93.184.216.34', '192.168.0.1'],
    reason: 'it resolves to 192.168.0.1, which is a private address',
  },
  {
    name: 'resolves to text that is not an address',
    resolve: async () => ['localhost'],
    reason: 'it resolves to localhost, which is not an address',
  },
];
