import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** The two parts of `fl_<id>_<secret><checksum>`: 12 hex digits, 43 of base64url, 8 hex digits. */
export interface ApiKey {
  readonly id: string;
  readonly secret: string;
}

const pattern = /^(fl_([0-9a-f]{12})_([A-Za-z0-9_-]{43}))([0-9a-f]{8})$/;

/** @param randomBytes cryptographically strong */
export function createApiKey(randomBytes: (size: number) => Buffer): ApiKey {
  return { id: randomBytes(6).toString('hex'), secret: randomBytes(32).toString('base64url') };
}

export function formatApiKey({ id, secret }: ApiKey): string {
  const text = `fl_${id}_${secret}`;
  return `${text}${checksum(text)}`;
}

/** Parses a key. Undefined for a text that cannot be a key, such as a partly copied one. */
export function parseApiKey(text: string): ApiKey | undefined {
  const [, body = '', id = '', secret = '', check = ''] = pattern.exec(text) ?? [];
  return check !== '' && checksum(body) === check ? { id, secret } : undefined;
}

/**
 * The hash that is stored instead of the secret. One round of SHA-256 is enough: slow hashes protect passwords that
 * people choose, but a secret of 256 random bits cannot be guessed at any speed.
 */
export function hashSecret(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

/** Detects typing errors only; it does not prove that a key is valid. */
function checksum(text: string): string {
  return crc32(text).toString(16).padStart(8, '0');
}
