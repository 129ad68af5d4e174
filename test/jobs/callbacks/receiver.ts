import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { Webhook } from 'standardwebhooks';
import { startHttpServer, type TestServer } from '../../adapters/support.js';

export interface ReceivedRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Answers a request, or fails to. */
export type Answer = (response: ServerResponse, request: ReceivedRequest) => void;

export interface Receiver extends TestServer {
  /** All requests whose body arrived. */
  readonly requests: readonly ReceivedRequest[];
  answer: Answer;
  url(path?: string): string;
}

export const takesIt: Answer = (response) => response.writeHead(204).end();

export async function startReceiver(): Promise<Receiver> {
  const requests: ReceivedRequest[] = [];
  const receiver = { answer: takesIt };
  const server = await startHttpServer((request, response) => {
    const chunks: Buffer[] = [];
    request
      .on('data', (chunk: Buffer) => chunks.push(chunk))
      .on('end', () => {
        const received = { path: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks).toString() };
        requests.push(received);
        receiver.answer(response, received);
      });
  });
  return Object.assign(receiver, {
    ...server,
    requests,
    url: (path = '/hook') => `http://127.0.0.1:${server.port}${path}`,
  });
}

/** Returns the body of a request. Throws when the secret did not sign it. */
export function verified(secret: string, { headers, body }: ReceivedRequest): unknown {
  return new Webhook(secret).verify(body, headers as Record<string, string>);
}
