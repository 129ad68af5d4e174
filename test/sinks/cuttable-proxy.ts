import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';

/** A TCP proxy in front of a shared server. Tests share the server, so one test cannot stop it. */
export interface CuttableProxy {
  readonly port: number;
  /** Breaks all connections and refuses new ones. */
  cut(): Promise<void>;
  /** Accepts connections and bytes, and forwards nothing. */
  stall(): void;
  /** Ends `cut` and `stall`. The port stays the same. */
  restore(): Promise<void>;
  close(): Promise<void>;
}

export async function cuttableProxy(target: { readonly host: string; readonly port: number }): Promise<CuttableProxy> {
  const sockets = new Set<Socket>();
  let stalled = false;
  let server = await listen(0);
  const { port } = server.address() as AddressInfo;

  async function listen(onPort: number): Promise<Server> {
    const listening = createServer(forward);
    await new Promise<void>((resolve, reject) => {
      listening.once('error', reject).listen(onPort, '127.0.0.1', resolve);
    });
    return listening;
  }

  function forward(inner: Socket): void {
    const outer = connect(target.port, target.host);
    for (const [socket, other] of [
      [inner, outer],
      [outer, inner],
    ] as const) {
      sockets.add(socket);
      socket.on('data', (bytes) => {
        if (!stalled) other.write(bytes);
      });
      socket.on('end', () => other.end());
      // This proxy breaks connections on purpose. The other side has to see that, and the test does not.
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
  }

  async function stop(): Promise<void> {
    for (const socket of sockets) socket.destroy();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  }

  return {
    port,
    cut: stop,
    stall() {
      stalled = true;
    },
    async restore() {
      stalled = false;
      for (const socket of sockets) socket.destroy();
      if (!server.listening) server = await listen(port);
    },
    close: stop,
  };
}

/** Returns the URL with the address of the proxy in place of the server's. */
export function throughProxy(url: string, proxy: { readonly port: number }): string {
  const changed = new URL(url);
  changed.hostname = '127.0.0.1';
  changed.port = String(proxy.port);
  return changed.href.replace(/\/$/, '');
}

export function addressOf(url: string, defaultPort: number): { readonly host: string; readonly port: number } {
  const { hostname, port } = new URL(url);
  return { host: hostname, port: port === '' ? defaultPort : Number(port) };
}
