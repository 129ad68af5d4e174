import ipaddr from 'ipaddr.js';
import { FanlightError } from '../../schemas/failure.js';

/** Returns why Fanlight must not connect to an address (such as "a private address"), or undefined if it may. */
export type AddressRules = (address: string, port: number) => string | undefined;

type Network = [ipaddr.IPv4 | ipaddr.IPv6, number];

interface AllowedNetwork {
  readonly network: Network;
  readonly port: number | undefined;
}

/**
 * Permits public unicast addresses, and the networks of `allow` (`10.0.0.0/8`, `127.0.0.1/32:8080`, `fd00::/8`).
 * Throws `invalid-configuration` for an entry that is not a network.
 */
export function createAddressRules(allow: readonly string[]): AddressRules {
  const whyUnlisted = createAllowList(allow);
  return function whyForbidden(text, port) {
    if (!ipaddr.isValid(text)) return 'not an address';
    return whyUnlisted(text, port) === undefined ? undefined : whyNotPublic(ipaddr.parse(text));
  };
}

/** Permits the listed networks only, and no public address. Throws as `createAddressRules` does. */
export function createAllowList(allow: readonly string[]): AddressRules {
  const allowed = allow.map(parseAllowed);
  return function whyUnlisted(text, port) {
    if (!ipaddr.isValid(text)) return 'not an address';
    const address = ipaddr.parse(text);
    return allowed.some((entry) => isAllowed(entry, address, port))
      ? undefined
      : 'not among the networks that are allowed';
  };
}

function parseAllowed(entry: string): AllowedNetwork {
  const match = /^(?<cidr>[^/]+\/\d{1,3})(?::(?<port>\d{1,5}))?$/.exec(entry);
  const { cidr, port } = match?.groups ?? {};
  if (cidr === undefined || !ipaddr.isValidCIDR(cidr)) {
    throw new FanlightError({
      code: 'invalid-configuration',
      message: `"${entry}" in the list of allowed addresses is not a network.`,
      remedy: 'Write networks such as 10.0.0.0/8, or with a port such as 127.0.0.1/32:8080.',
    });
  }
  return { network: ipaddr.parseCIDR(cidr), port: port === undefined ? undefined : Number(port) };
}

function isAllowed(entry: AllowedNetwork, address: ipaddr.IPv4 | ipaddr.IPv6, port: number): boolean {
  if (entry.port !== undefined && entry.port !== port) return false;
  const [base, prefix] = entry.network;
  // An IPv4 address mapped into IPv6 reaches the IPv4 network, so the rules of the IPv4 address apply.
  const plain = address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress() ? address.toIPv4Address() : address;
  return base.kind() === plain.kind() && plain.match(base, prefix);
}

/** Azure's address for its guests: public by its range, but an interface to the host machine. */
const hostPlatformAddresses: readonly Network[] = [ipaddr.parseCIDR('168.63.129.16/32')];

/** IANA assigns global unicast IPv6 from here only (RFC 4291 §2.4). The library counts the rest as unicast too. */
const globalUnicast = ipaddr.IPv6.parseCIDR('2000::/3');

const phrases: Readonly<Partial<Record<string, string>>> = {
  unspecified: 'the unspecified address',
  broadcast: 'the broadcast address',
  multicast: 'a multicast address',
  linkLocal: 'a link-local address',
  loopback: 'a loopback address',
  carrierGradeNat: 'an address behind carrier-grade NAT',
  private: 'a private address',
  uniqueLocal: 'a private address',
  ipv4Mapped: 'an IPv4 address mapped into IPv6',
  rfc6052: 'an IPv4 address translated into IPv6',
  rfc6145: 'an IPv4 address translated into IPv6',
  '6to4': 'an IPv4 address tunnelled in IPv6',
  teredo: 'an IPv4 address tunnelled in IPv6',
};

function whyNotPublic(address: ipaddr.IPv4 | ipaddr.IPv6): string | undefined {
  const range = address.range();
  if (range !== 'unicast') return phrases[range] ?? 'a reserved address';
  if (address instanceof ipaddr.IPv6) return address.match(globalUnicast) ? undefined : 'a reserved address';
  const isPlatform = hostPlatformAddresses.some(([base, prefix]) => address.match(base, prefix));
  return isPlatform ? "the hosting platform's own address" : undefined;
}
