import { Server, Socket } from 'node:net';

/** Node lists these as long as it runs: standard streams, and the turn of the event loop that asks. */
const unremarkable = new Set(['TTYWrap', 'PipeWrap', 'Immediate', 'TickObject', 'CloseReq']);
/** Named one by one, with their addresses. */
const named = new Set(['TCPSocketWrap', 'TCPServerWrap', 'TCPConnectWrap', 'ProcessWrap']);

/**
 * Returns what keeps the process alive: connections with their remote addresses, listeners, children, and the number of
 * timers and requests of each type.
 */
export function openResources(): readonly string[] {
  const types = process.getActiveResourcesInfo().filter((type) => !unremarkable.has(type) && !named.has(type));
  const names = [...activeHandles().flatMap((handle) => nameOf(handle) ?? []), ...types];
  return [...new Set(names)].map(function withCount(name) {
    const count = names.filter((other) => other === name).length;
    return count === 1 ? name : `${count} × ${name}`;
  });
}

/** Node has no documented list of handles. The types of `getActiveResourcesInfo` do not say which server is meant. */
function activeHandles(): readonly unknown[] {
  return (process as unknown as { _getActiveHandles?(): unknown[] })._getActiveHandles?.() ?? [];
}

function nameOf(handle: unknown): string | undefined {
  if (handle === process.stdin || handle === process.stdout || handle === process.stderr) return undefined;
  if (handle instanceof Socket) return `connection ${peerOf(handle)}`;
  if (handle instanceof Server) return `listener ${addressOf(handle)}`;
  if (isChild(handle)) return `child process ${handle.pid}`;
  return undefined;
}

/** A socket that still connects has no remote address, but the addresses that it tried. */
function peerOf(socket: Socket): string {
  if (socket.remoteAddress !== undefined) return `to ${socket.remoteAddress}:${socket.remotePort}`;
  const tried = socket.autoSelectFamilyAttemptedAddresses ?? [];
  return tried.length > 0 ? `being opened to ${tried.join(', ')}` : 'without a remote address';
}

function addressOf(server: Server): string {
  const address = server.address();
  return address === null || typeof address === 'string' ? String(address) : `${address.address}:${address.port}`;
}

function isChild(handle: unknown): handle is { readonly pid: number } {
  return typeof handle === 'object' && handle !== null && 'pid' in handle && typeof handle.pid === 'number';
}
