import { z } from 'zod';

export function photoUrl(maxLength: number) {
  return (
    z
      .string()
      .max(maxLength)
      .refine((text) => isHttpUrl(text), 'Must be an http or https URL')
      // Credentials would appear in events, results and logs.
      .refine((text) => !isHttpUrl(text) || !hasCredentials(new URL(text)), 'Must not carry a user name or password')
      .meta({ format: 'uri', description: 'The URL of the image: http or https, without user name and password.' })
  );
}

function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && ['http:', 'https:'].includes(new URL(text).protocol);
}

function hasCredentials({ username, password }: URL): boolean {
  return username !== '' || password !== '';
}
