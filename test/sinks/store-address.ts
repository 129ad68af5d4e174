/**
 * Returns the value of an environment variable that names a real server. Without it, the tests that need the server are
 * skipped, and standard error says so.
 */
export function storeAddress(variable: string): string | undefined {
  const address = process.env[variable];
  if (address !== undefined && address !== '') return address;
  process.stderr.write(`SKIPPED: ${variable} is not set, so the tests against that store do not run.\n`);
  return undefined;
}
