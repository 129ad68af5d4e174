import type { WebhookSecret } from './store.js';

/** How long the secret before signs beside the new one, milliseconds. */
export const overlapMs = 86_400_000;

/** @param randomBytes cryptographically strong */
export function createSecret(randomBytes: (size: number) => Buffer, now: number): WebhookSecret {
  return { secret: `whsec_${randomBytes(32).toString('base64')}`, createdAt: now, expiresAt: null };
}

/** Those that sign at that time. */
export function valid(secrets: readonly WebhookSecret[], now: number): WebhookSecret[] {
  return secrets.filter(({ expiresAt }) => expiresAt === null || expiresAt > now);
}

/** With a new secret in front; the others sign for `overlapMs` more, and expired ones are forgotten. */
export function rotated(secrets: readonly WebhookSecret[], next: WebhookSecret, now: number): WebhookSecret[] {
  return [
    next,
    ...valid(secrets, now).map((secret) => ({ ...secret, expiresAt: secret.expiresAt ?? now + overlapMs })),
  ];
}
