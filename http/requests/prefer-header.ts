/** The client's preferences (RFC 7240). Unknown preferences are ignored, as the RFC requires. */
export interface Preference {
  /** The client prefers a job to an error when the answer takes too long. */
  readonly respondAsync: boolean;
  /** Longest wait of the client (s). */
  readonly wait: number | undefined;
}

/** Reads the Prefer header field. For a repeated preference, the first value counts. */
export function parsePrefer(header: string | undefined): Preference {
  const preferences = new Map<string, string>();
  for (const part of (header ?? '').split(',')) {
    const [name = '', value = ''] = (part.split(';', 1)[0] ?? '').split('=').map((text) => text.trim());
    if (!preferences.has(name.toLowerCase())) preferences.set(name.toLowerCase(), value.replace(/^"(.*)"$/, '$1'));
  }
  const wait = preferences.get('wait');
  return {
    respondAsync: preferences.has('respond-async'),
    wait: wait !== undefined && /^\d{1,6}$/.test(wait) ? Number(wait) : undefined,
  };
}
