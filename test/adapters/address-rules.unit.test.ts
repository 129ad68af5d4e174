import { describe, expect, it } from 'vitest';
import { createAddressRules } from '../../adapters/outbound/address-rules.js';
import { FanlightError } from '../../schemas/failure.js';

const rules = createAddressRules([]);

describe('address rules without allowed networks', () => {
  it.each(['93.184.216.34', '8.8.8.8', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '2a00:1450:4001::200e'])(
    'permit the public address %s',
    (address) => {
      expect(rules(address, 443)).toBeUndefined();
    },
  );

  it.each([
    ['127.0.0.1', 'a loopback address'],
    ['127.255.255.254', 'a loopback address'],
    ['0.0.0.0', 'the unspecified address'],
    ['0.1.2.3', 'the unspecified address'],
    ['10.0.0.1', 'a private address'],
    ['172.16.0.1', 'a private address'],
    ['172.31.255.255', 'a private address'],
    ['192.168.1.1', 'a private address'],
    ['169.254.169.254', 'a link-local address'],
    ['100.64.0.1', 'an address behind carrier-grade NAT'],
    ['100.100.100.200', 'an address behind carrier-grade NAT'],
    ['168.63.129.16', "the hosting platform's own address"],
    ['192.0.0.192', 'a reserved address'],
    ['192.0.2.1', 'a reserved address'],
    ['198.18.0.1', 'a reserved address'],
    ['198.51.100.1', 'a reserved address'],
    ['203.0.113.1', 'a reserved address'],
    ['224.0.0.1', 'a multicast address'],
    ['239.255.255.250', 'a multicast address'],
    ['240.0.0.1', 'a reserved address'],
    ['255.255.255.255', 'the broadcast address'],
    ['::', 'the unspecified address'],
    ['::1', 'a loopback address'],
    ['::127.0.0.1', 'an IPv4 address mapped into IPv6'],
    ['::7f00:1', 'a reserved address'],
    ['::ffff:127.0.0.1', 'an IPv4 address mapped into IPv6'],
    ['::ffff:8.8.8.8', 'an IPv4 address mapped into IPv6'],
    ['::ffff:0:127.0.0.1', 'an IPv4 address translated into IPv6'],
    ['64:ff9b::7f00:1', 'an IPv4 address translated into IPv6'],
    ['64:ff9b:1::7f00:1', 'an IPv4 address translated into IPv6'],
    ['2002:7f00:1::', 'an IPv4 address tunnelled in IPv6'],
    ['2001::7f00:1', 'an IPv4 address tunnelled in IPv6'],
    ['fe80::1', 'a link-local address'],
    ['fe80::1%eth0', 'a link-local address'],
    ['fec0::1', 'a reserved address'],
    ['fc00::1', 'a private address'],
    ['fd00:ec2::254', 'a private address'],
    ['ff02::1', 'a multicast address'],
    ['100::1', 'a reserved address'],
    ['2001:db8::1', 'a reserved address'],
    ['4000::1', 'a reserved address'],
    ['localhost', 'not an address'],
  ])('refuse %s as %s', (address, why) => {
    expect(rules(address, 80)).toBe(why);
  });
});

describe('address rules with allowed networks', () => {
  const allowing = createAddressRules(['10.0.0.0/8', '127.0.0.1/32:8080', 'fd00:1::/32', 'fd00:2::/32:9000']);

  it.each<[string, number, boolean]>([
    ['10.1.2.3', 80, true],
    ['::ffff:10.1.2.3', 80, true],
    ['11.1.2.3', 80, true],
    ['127.0.0.1', 8080, true],
    ['127.0.0.1', 8081, false],
    ['127.0.0.2', 8080, false],
    ['::ffff:127.0.0.1', 8080, true],
    ['::ffff:127.0.0.1', 80, false],
    ['192.168.0.1', 8080, false],
    ['fd00:1::5', 443, true],
    ['fd00:2::5', 443, false],
    ['fd00:2::5', 9000, true],
    ['::1', 8080, false],
  ])('permit %s port %i: %s', (address, port, isAllowed) => {
    expect(allowing(address, port) === undefined).toBe(isAllowed);
  });

  it.each(['127.0.0.1', '127.0.0.1:80', '10.0.0.0/33', 'localhost/32', '', '10.0.0.0/8:', '10.0.0.0/8:80:90'])(
    'reject the entry "%s", which is not a network',
    (entry) => {
      expect(() => createAddressRules([entry])).toThrow(FanlightError);
    },
  );
});
