/** Size, API key, version and correlation id of a request stand before the client id (Kafka protocol, header v1). */
const clientIdAt = 12;

/**
 * Returns the role of the process that sends the request: `sink-lake` for the client id `fanlight-sink-lake.bulk`, or
 * the empty text for any other client.
 */
export function roleOfClient(request: Buffer): string {
  if (request.length < clientIdAt + 2) return '';
  const length = request.readInt16BE(clientIdAt);
  const clientId = request.toString('utf8', clientIdAt + 2, clientIdAt + 2 + Math.max(0, length));
  return /^fanlight-([a-z0-9-]+)/.exec(clientId)?.[1] ?? '';
}
