/** The JSON Pointer of a value as a URI fragment (RFC 6901, sections 3 and 6). */
export function pointerOf(path: readonly PropertyKey[]): string {
  const escaped = path.map((step) => escapeStep(String(step)));
  return ['#', ...escaped].join('/');
}

function escapeStep(step: string): string {
  // encodeURIComponent throws on lone surrogates.
  return encodeURIComponent(
    step
      .replaceAll('~', '~0')
      .replaceAll('/', '~1')
      .replace(/\p{Cs}/gu, '\uFFFD'),
  );
}
