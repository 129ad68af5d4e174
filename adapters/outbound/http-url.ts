import { invalidUrl } from './failures.js';

const longestUrl = 8192;

/** Parses an http(s) URL without credentials. `base`: the URL that redirects. Throws `invalid-url` without the URL. */
export function parseUrl(text: string, base?: URL): URL {
  if (text.length > longestUrl) throw invalidUrl(`The URL is longer than ${longestUrl} characters.`);
  const url = tryParse(text, base);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw invalidUrl(`The URL starts with ${url.protocol.slice(0, 20)} and not with http: or https:.`);
  }
  if (url.username !== '' || url.password !== '') {
    throw invalidUrl(`The URL for ${url.hostname} contains a user name or password, which Fanlight does not send.`);
  }
  url.hash = '';
  return url;
}

function tryParse(text: string, base: URL | undefined): URL {
  try {
    return new URL(text, base);
  } catch (error) {
    const where = base === undefined ? 'The URL' : `The redirect of ${base.hostname}`;
    throw invalidUrl(`${where} is not a valid URL.`, redact(error));
  }
}

/** Node's error contains the whole input, which may contain secrets. */
function redact(error: unknown): string {
  return error instanceof Error ? error.message : 'Invalid URL';
}
