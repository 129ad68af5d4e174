import { BlockList, isIPv4, isIPv6 } from 'node:net';

/** The host of an authority, without its port. */
export interface Host {
  /** Lower case and without a trailing dot; an IPv6 address is in brackets and in the form of the URL Standard. */
  readonly text: string;
  readonly isAddress: boolean;
}

/** The hosts that requests may name. The port is ignored. */
export interface AllowedHosts {
  readonly addresses: 'loopback' | 'any';
  /** Whether names are allowed that public DNS cannot hold. */
  readonly privateNames: boolean;
  /** Hosts as `Host.text`; `.example.com` stands for example.com and every name below it. */
  readonly names: readonly string[];
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

const labels = /^[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*$/;
/** The URL Standard reads a host that ends in such a label as an IPv4 address: 127.1, 0x7f.1, 2130706433. */
const numericEnd = /(?:^|\.)(?:\d+|0x[0-9a-f]*)$/;
/** Kubernetes services, and the domain that ICANN reserves for private use. Names without a dot are private too. */
const privateDomain = /^[^.]+$|\.(?:svc|cluster\.local|internal)$/;

/** Reads `host[:port]`. Undefined for any other form, such as userinfo, two hosts, or an address in decimal. */
export function parseAuthority(text: string): Host | undefined {
  return parseHost(text.replace(/:\d{0,5}$/, ''));
}

export function isAllowedHost({ text, isAddress }: Host, { addresses, privateNames, names }: AllowedHosts): boolean {
  if (isAddress && (addresses === 'any' || isLoopbackAddress(text))) return true;
  if (!isAddress && privateNames && privateDomain.test(text)) return true;
  return names.some((name) => name === text || (name.startsWith('.') && `.${text}`.endsWith(name)));
}

/**
 * Reads an entry of a list: `*`, a host, or `.example.com`. Undefined for anything else, such as a host with a port.
 */
export function parseHostEntry(text: string): string | undefined {
  if (text === '*') return text;
  if (!text.startsWith('.')) return hostOf(text)?.text;
  const domain = parseHost(text.slice(1));
  return domain === undefined || domain.isAddress ? undefined : `.${domain.text}`;
}

/** Reads a host that a server listens on. Brackets around an IPv6 address are optional. */
export function hostOf(text: string): Host | undefined {
  return parseHost(isIPv6(text) ? `[${text}]` : text);
}

export function isLoopbackHost({ text, isAddress }: Host): boolean {
  return isAddress ? isLoopbackAddress(text) : text === 'localhost';
}

function parseHost(text: string): Host | undefined {
  const [, inBrackets] = /^\[([0-9a-f:.]+)\]$/i.exec(text) ?? [];
  if (inBrackets !== undefined) {
    return isIPv6(inBrackets) ? { text: new URL(`http://${text}`).hostname, isAddress: true } : undefined;
  }
  const host = text.toLowerCase().replace(/\.$/, '');
  if (isIPv4(host)) return { text: host, isAddress: true };
  const isName = host.length <= 253 && labels.test(host) && !numericEnd.test(host);
  return isName ? { text: host, isAddress: false } : undefined;
}

function isLoopbackAddress(text: string): boolean {
  return text.startsWith('[') ? loopback.check(text.slice(1, -1), 'ipv6') : loopback.check(text);
}
