import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { browserAccess } from '../../processes/gateway/browser-access.js';
import { readConfig } from '../../processes/config.js';
import type { HttpServer } from '../../http/server.js';
import { serveHttp } from '../../http/server.js';
import { systemClock } from '../../primitives/clock.js';
import { gatewayHarness, postJson } from '../gateway/harness.js';

const url = 'https://photos.example/1.jpg';

let server: HttpServer | undefined;
afterEach(async () => {
  await server?.close(0);
  server = undefined;
});

/** A gateway without keys, with the settings of an environment. Default: it listens on loopback. */
async function start(environment: Readonly<Record<string, string>> = {}) {
  const config = readConfig({
    FANLIGHT_KAFKA_BROKERS: 'localhost:9092',
    FANLIGHT_REGISTRY_URL: 'http://localhost:8081',
    FANLIGHT_GATEWAY_AUTH: 'off',
    ...environment,
  });
  const harness = gatewayHarness({ clock: systemClock, ...browserAccess(config) });
  server = await serveHttp(harness.app, { port: 0, host: config.FANLIGHT_HTTP_HOST });
  return { ...harness, port: server.port };
}

/** Sends bytes, and returns all received bytes at the end of the connection. */
function exchange(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    let answer = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => (answer += chunk));
    socket.on('end', () => resolve(answer)).on('error', reject);
  });
}

async function statusOf(port: number, head: readonly string[]): Promise<[status: number, code: string | undefined]> {
  const answer = await exchange(port, [...head, 'Connection: close', '', ''].join('\r\n'));
  const { code } = JSON.parse(answer.slice(answer.indexOf('{'), answer.lastIndexOf('}') + 1)) as { code?: string };
  return [Number(answer.split(' ')[1]), code];
}

const misdirected = [421, 'misdirected-request'];
const malformed = [400, 'malformed-request'];
const answered = [200, undefined];

describe('a gateway without keys on loopback', () => {
  it.each<[string, readonly unknown[], readonly string[]]>([
    ['no Host in HTTP/1.0', answered, ['GET /healthz HTTP/1.0']],
    ['an empty Host', answered, ['GET /healthz HTTP/1.1', 'Host:']],
    ['an address', answered, ['GET /healthz HTTP/1.1', 'Host: 127.0.0.1:18080']],
    ['localhost in capitals with a dot', answered, ['GET /healthz HTTP/1.1', 'Host: LOCALHOST.:1']],
    ['an IPv6 address', answered, ['GET /healthz HTTP/1.1', 'Host: [::1]:18080']],
    ['a foreign name', misdirected, ['GET /healthz HTTP/1.1', 'Host: evil.example:18080']],
    ['a foreign name in HTTP/1.0', misdirected, ['GET /healthz HTTP/1.0', 'Host: evil.example']],
    ['a name that begins like an address', misdirected, ['GET /healthz HTTP/1.1', 'Host: 127.0.0.1.evil.example']],
    ['an address in decimal', malformed, ['GET /healthz HTTP/1.1', 'Host: 2130706433']],
    ['two Hosts, the first allowed', malformed, ['GET /healthz HTTP/1.1', 'Host: localhost', 'Host: evil.example']],
    ['two Hosts, the second allowed', malformed, ['GET /healthz HTTP/1.1', 'Host: evil.example', 'Host: localhost']],
    ['an absolute target', answered, ['GET http://localhost:1/healthz HTTP/1.1', 'Host: localhost:1']],
    ['an absolute foreign target', misdirected, ['GET http://evil.example/ HTTP/1.1', 'Host: localhost']],
    ['an absolute foreign target, no Host', misdirected, ['GET http://evil.example/healthz HTTP/1.0']],
    ['an absolute target, a foreign Host', misdirected, ['GET http://localhost/ HTTP/1.1', 'Host: evil.example']],
    ['a foreign host after userinfo', malformed, ['GET http://localhost@evil.example/ HTTP/1.1', 'Host: localhost']],
    ['a foreign host as userinfo', malformed, ['GET http://evil.example@localhost/ HTTP/1.1', 'Host: localhost']],
    [
      'a foreign host after a password',
      malformed,
      ['GET http://localhost:80@evil.example/ HTTP/1.1', 'Host: localhost'],
    ],
    [
      'a foreign host before a backslash',
      malformed,
      ['GET http://evil.example\\@localhost/ HTTP/1.1', 'Host: localhost'],
    ],
  ])('answers a request with %s: %j', async (_name, expected, head) => {
    const { port } = await start();
    expect(await statusOf(port, head)).toEqual(expected);
  });

  it('does not read the body of a request that it refuses', async () => {
    const { port, calls } = await start();
    const head = ['POST /v1/tags HTTP/1.1', 'Host: evil.example', 'Content-Type: image/jpeg', 'Content-Length: 1000'];
    expect(await statusOf(port, head)).toEqual(misdirected);
    expect(calls).toEqual([]);
  });

  it('tags images for programs, and refuses pages of other sites', async () => {
    const { port, calls } = await start();
    const target = `http://127.0.0.1:${port}/v1/tags`;
    const post = (headers: Record<string, string>) => fetch(target, postJson({ url }, headers));
    const ofPage = [`http://127.0.0.1:${port}`, 'https://evil.example'].map((origin) => ({ origin }));
    const statuses = [{}, ...ofPage].map(async (headers) => (await post(headers)).status);
    expect(await Promise.all(statuses)).toEqual([200, 200, 403]);
    expect(calls).toHaveLength(2);
  });
});

describe('a gateway that allows all hosts', () => {
  const anyHost = { FANLIGHT_HTTP_ALLOWED_HOSTS: '*' };

  it.each<[string, readonly unknown[], readonly string[]]>([
    ['any name', answered, ['GET /healthz HTTP/1.1', 'Host: any.example']],
    ['two Hosts', malformed, ['GET /healthz HTTP/1.1', 'Host: a.example', 'Host: b.example']],
    ['userinfo', malformed, ['POST http://user@a.example/v1/tags HTTP/1.1', 'Host: a.example', 'Content-Length: 0']],
  ])('answers a request with %s: %j', async (_name, expected, head) => {
    const { port } = await start(anyHost);
    expect(await statusOf(port, head)).toEqual(expected);
  });
});

describe('a gateway without keys in a container', () => {
  it.each([
    ['the published port of the machine', answered, '127.0.0.1:8080'],
    ['the address of the container', answered, '172.18.0.5:8080'],
    ['its service name', answered, 'gateway:8080'],
    ['its service name in Kubernetes', answered, 'fanlight-gateway.photos.svc.cluster.local'],
    ['a foreign name', misdirected, 'evil.example:8080'],
  ])('answers a request for %s: %j', async (_name, expected, host) => {
    const { port } = await start({ FANLIGHT_HTTP_HOST: '0.0.0.0' });
    expect(await statusOf(port, ['GET /healthz HTTP/1.1', `Host: ${host}`])).toEqual(expected);
  });
});
