/** `asked` resolves at the first SIGINT, SIGTERM or SIGHUP; a second signal ends the process at once. */
export function waitForSignal(): { readonly asked: Promise<void>; readonly signal: AbortSignal } {
  const abort = new AbortController();
  const asked = new Promise<void>((resolve) => {
    let seen = 0;
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(name, () => {
        seen += 1;
        if (seen > 1) process.exit(130);
        abort.abort(new Error(`stopped by ${name}`));
        resolve();
      });
    }
  });
  return { asked, signal: abort.signal };
}
