import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Reaction of the registry to a request. */
export type Behaviour =
  | { readonly kind: 'works' }
  | { readonly kind: 'answers'; readonly status: number; readonly body: string }
  /** Takes requests and never answers. */
  | { readonly kind: 'silent' };

export interface FakeRegistry {
  readonly url: string;
  behaviour: Behaviour;
  /** Method, path and authorization of every request. */
  readonly requests: readonly { readonly line: string; readonly authorization: string | undefined }[];
  /** Stores a schema as another client would; returns its id. */
  store(schema: object): number;
  /** Refuses connections from now on. */
  goAway(): Promise<void>;
  /** Listens again, on the same port. */
  comeBack(): Promise<void>;
}

/** Starts a registry that keeps schemas in memory. */
export async function startFakeRegistry(): Promise<FakeRegistry> {
  const schemas: object[] = [];
  const compatibilities = new Map<string, string>();
  const requests: { line: string; authorization: string | undefined }[] = [];
  let behaviour: Behaviour = { kind: 'works' };

  const server = createServer((request, response) => void take(request, response));
  const listen = async (port: number) => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  };
  await listen(0);
  const { port } = server.address() as AddressInfo;

  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    requests.push({ line: `${request.method} ${request.url}`, authorization: request.headers.authorization });
    let text = '';
    for await (const chunk of request) text += String(chunk);
    if (behaviour.kind === 'silent') return;
    const [status, body] =
      behaviour.kind === 'answers' ? [behaviour.status, behaviour.body] : work(request, JSON.parse(text || '{}'));
    response.writeHead(status, { connection: 'close' }).end(body);
  }

  function work({ method, url = '' }: IncomingMessage, body: object): [status: number, body: string] {
    const [, folder, name = '', , number] = url.split('/');
    if (folder === 'subjects' && method === 'POST') return [200, JSON.stringify({ id: schemas.push(body) })];
    if (folder === 'subjects') return found(schemas[Number(number) - 1]);
    if (folder === 'schemas') return found(schemas[Number(url.split('/').at(-1)) - 1]);
    if (method === 'PUT') compatibilities.set(name, (body as { compatibility: string }).compatibility);
    const compatibilityLevel = compatibilities.get(name);
    return found(compatibilityLevel === undefined ? undefined : { compatibilityLevel });
  }

  return {
    url: `http://127.0.0.1:${port}`,
    get behaviour() {
      return behaviour;
    },
    set behaviour(next) {
      behaviour = next;
    },
    requests,
    store: (schema) => schemas.push(schema),
    async goAway() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
    comeBack: () => listen(port),
  };
}

function found(answer: object | undefined): [status: number, body: string] {
  if (answer === undefined) return [404, JSON.stringify({ error_code: 40401, message: 'Not found' })];
  return [200, JSON.stringify(answer)];
}
