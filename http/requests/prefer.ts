/** What a client prefers (RFC 7240). Preferences that nobody here knows are passed over, as the RFC wants. */
export interface Preference {
  /** Rather a job than an error when the answer takes too long. */
  readonly respondAsync: boolean;
  /** Seconds. */
  readonly wait: number | undefined;
}

/** Reads the Prefer header fields. Of a preference that is said twice the first counts. */
export function parsePrefer(header: string | undefined): Preference {
  const said = new Map<string, string>();
  for (const part of (header ?? '').split(',')) {
    const [name = '', value = ''] = (part.split(';', 1)[0] ?? '').split('=').map((text) => text.trim());
    if (!said.has(name.toLowerCase())) said.set(name.toLowerCase(), value.replace(/^"(.*)"$/, '$1'));
  }
  const wait = said.get('wait');
  return {
    respondAsync: said.has('respond-async'),
    wait: wait !== undefined && /^\d{1,6}$/.test(wait) ? Number(wait) : undefined,
  };
}
