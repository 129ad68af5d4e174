import type { WebhookSecret } from './store.js';

/** Time that a replaced secret still signs, beside the new one (ms). */
export const overlapMs = 86_400_000;

/** @param randomBytes cryptographically strong */
export function createSecret(randomBytes: (size: number) => Buffer, now: number): WebhookSecret {
  return { secret: `whsec_${randomBytes(32).toString('base64')}`, createdAt: now, expiresAt: null };
}

/** Returns the secrets that sign at `now` (epoch ms). */
export function valid(secrets: readonly WebhookSecret[], now: number): WebhookSecret[] {
  return secrets.filter(({ expiresAt }) => expiresAt === null || expiresAt > now);
}

/** Puts a new secret first. The others sign for `overlapMs` more, and expired ones are dropped. */
export function rotated(secrets: readonly WebhookSecret[], next: WebhookSecret, now: number): WebhookSecret[] {
  return [
    next,
    ...valid(secrets, now).map((secret) => ({ ...secret, expiresAt: secret.expiresAt ?? now + overlapMs })),
  ];
}
