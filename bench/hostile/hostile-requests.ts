import { connect, type Socket } from 'node:net';
import { deflateSync, gzipSync } from 'node:zlib';
import { randomFrom, type Random } from '../../primitives/seeded-random.js';

/** A request that costs the client little and the gateway much. */
export interface HostileRequest {
  readonly name: string;
  /** Bytes that the client writes as fast as the gateway takes them. The connection stays open after the last byte. */
  parts(): Iterable<Buffer>;
  /** Whether the client leaves the answer unread. */
  readonly leavesAnswer?: boolean;
}

/** Status of the first answer; `cut`: the connection closed without one; `unanswered`: none came within `holdMs`. */
export type HostileOutcome = number | 'cut' | 'unanswered';

const MiB = 2 ** 20;
const inferPath = '/v2/models/scene/versions/1/infer';
const tensor = '{"inputs":[{"name":"input","datatype":"UINT8","shape":[1,224,224,3],"data":[';

function head(path: string, fields: Readonly<Record<string, string>>, method = 'POST'): Buffer {
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${lines.join('')}\r\n`);
}

function whole(path: string, body: Buffer, fields: Readonly<Record<string, string>> = {}): () => Iterable<Buffer> {
  return () => [head(path, { 'content-length': String(body.length), ...fields }), body];
}

function* chunked(path: string, fields: Readonly<Record<string, string>>, chunks: Iterable<Buffer>): Generator<Buffer> {
  yield head(path, { 'transfer-encoding': 'chunked', ...fields });
  yield* chunks;
}

/** Yields the same bytes again and again, so that a large body needs little memory. */
function* times(count: number, bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < count; at += 1) yield bytes;
}

const oneByteChunks = Buffer.from('1\r\nA\r\n'.repeat(10_000));
const jpegStart = '4\r\n\xff\xd8\xff\xe0\r\n';
const json = { 'content-type': 'application/json' };
const ndjson = { 'content-type': 'application/x-ndjson' };
const jpeg = { 'content-type': 'image/jpeg' };

/** @param size share of the largest size, 0 to 1 */
type Kind = (size: number, random: Random) => HostileRequest;

const compressed =
  (name: string, text: (size: number) => string): Kind =>
  (size, random) => {
    const [encoding, compress] = random() < 0.7 ? (['gzip', gzipSync] as const) : (['deflate', deflateSync] as const);
    return { name, parts: whole(inferPath, compress(text(size)), { 'content-encoding': encoding }) };
  };

const many = (text: string, most: number) => (size: number) => text.repeat(Math.ceil(most * size));

/** Requests that once harmed a gateway, and variants of them. */
export const hostileKinds: readonly Kind[] = [
  compressed('empty arrays as values', (size) => `${tensor}${many('[],', 5_000_000)(size)}0]}]}`),
  compressed('endless zeros', (size) => `${tensor}${many('0,', 25_000_000)(size)}0]}]}`),
  compressed('endless nested brackets', (size) => `${tensor}${many('[', 5_000_000)(size)}`),
  compressed('a body of brackets only', many('[', 5_000_000)),
  compressed('an endless name', (size) => `{"inputs":[{"name":"${many('a', 50_000_000)(size)}"}]}`),
  compressed('endless white space', (size) => `${many(' ', 50_000_000)(size)}{}`),
  compressed('an object with endless members', (size) => `{${many('"a":{},', 5_000_000)(size)}"b":1}`),
  compressed('strings as values', (size) => `${tensor}${many('"",', 5_000_000)(size)}0]}]}`),
  compressed('an endless number', (size) => `${tensor}0.${many('1', 50_000_000)(size)}]}]}`),
  compressed('endless inputs', (size) => `{"inputs":[${many('{"data":[1]},', 2_000_000)(size)}{}]}`),
  compressed('a repeated member', (size) => `{"inputs":[{${many('"data":[1,2,3],', 2_000_000)(size)}"name":"input"}]}`),
  () => ({
    name: 'a photo in one-byte chunks',
    parts: () => chunked('/v1/tags', jpeg, [Buffer.from(jpegStart, 'latin1'), ...times(300, oneByteChunks)]),
  }),
  () => ({ name: 'NDJSON in one-byte chunks', parts: () => chunked('/v1/jobs', ndjson, times(100, oneByteChunks)) }),
  (size) => ({ name: 'blank lines', parts: whole('/v1/jobs', Buffer.alloc(Math.ceil(30 * MiB * size), '\n'), ndjson) }),
  (size) => ({
    name: 'lines of white space',
    parts: whole('/v1/jobs', Buffer.from(many(`${' '.repeat(99)}\n`, 100_000)(size)), ndjson),
  }),
  () => ({ name: 'an endless line', parts: whole('/v1/jobs', Buffer.alloc(MiB, 'a'), ndjson) }),
  () => ({
    name: 'lines with thousands of members',
    parts: whole('/v1/jobs', Buffer.from(`{${'"a":1,'.repeat(2_000)}"b":1}\n`.repeat(100)), ndjson),
  }),
  (size) => ({
    name: 'a list of empty images',
    parts: whole('/v1/jobs', Buffer.from(`{"images":[${many('{},', 2_500_000)(size)}{}]}`), json),
  }),
  () => ({
    name: 'a list of invalid images',
    parts: whole('/v1/jobs', Buffer.from(`{"images":[${'{"url":1,"a":1,"b":2,"c":3},'.repeat(9_999)}{}]}`), json),
  }),
  () => ({
    name: 'thousands of unknown fields',
    parts: whole(
      '/v1/tags',
      Buffer.from(`{${Array.from({ length: 10_000 }, (_, at) => `"f${at}":0`).join(',')}}`),
      json,
    ),
  }),
  (size) => ({
    name: 'a large file that is not an image',
    parts: whole('/v1/tags', Buffer.alloc(Math.ceil(25 * MiB * size), 1), jpeg),
  }),
  () => ({ name: 'an archive sent as an image', parts: whole('/v1/tags', gzipSync(Buffer.alloc(100 * MiB)), jpeg) }),
  () => ({
    name: 'a large file that is cut short',
    parts: () => [head('/v1/tags', { ...jpeg, 'content-length': String(25 * MiB) }), Buffer.alloc(24 * MiB, 1)],
  }),
  () => ({ name: 'a body that never arrives', parts: () => [head('/v1/tags', { ...jpeg, 'content-length': '1000' })] }),
  () => ({
    name: 'a job whose body never arrives',
    parts: () => [head('/v1/jobs', { ...ndjson, 'transfer-encoding': 'chunked' })],
  }),
  () => ({
    name: 'a body on a route that reads none',
    parts: () => [head('/healthz', { 'content-length': String(MiB) }, 'GET'), Buffer.alloc(1_000)],
  }),
  (size) => ({
    name: 'oversized tensors',
    parts: whole(inferPath, Buffer.alloc(Math.ceil(64 * MiB * size)), { 'inference-header-content-length': '2' }),
  }),
  () => ({
    name: 'thousands of pipelined requests',
    parts: () => [Buffer.concat([...times(3_000, head('/healthz', {}, 'GET'))])],
  }),
  () => ({
    name: 'a client that never reads answers',
    parts: () => times(4, head('/openapi.json', {}, 'GET')),
    leavesAnswer: true,
  }),
  () => ({ name: 'long header fields', parts: () => [head('/v1/tags', { ...json, cookie: 'a'.repeat(15_000) })] }),
  () => ({
    name: 'an empty inference with an idempotency key',
    parts: whole(inferPath, Buffer.from('{}'), { 'idempotency-key': 'a'.repeat(200) }),
  }),
  () => ({ name: 'bytes that are not HTTP', parts: () => [Buffer.alloc(100_000, 0x16)] }),
];

/** Generates `count` requests of all kinds; the same seed gives the same requests. */
export function hostileRequests(count: number, seed: number): readonly HostileRequest[] {
  const random = randomFrom(seed);
  return Array.from({ length: count }, (_, at) => {
    const kind = hostileKinds[at % hostileKinds.length] as Kind;
    // The first request of each kind has its full size, which is the one that once did harm.
    return kind(at < hostileKinds.length ? 1 : 0.1 + 0.9 * random(), random);
  });
}

/** Sends one request; resolves when the answer starts, the connection closes or `holdMs` has passed. */
export function sendHostile(port: number, request: HostileRequest, holdMs: number): Promise<HostileOutcome> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let answer = '';
    const end = (outcome: HostileOutcome) => {
      clearTimeout(timer);
      resolve(outcome);
      socket.destroy();
    };
    const statusOr = (other: HostileOutcome) =>
      end(/^HTTP\/1\.1 (\d{3})/.test(answer) ? Number(answer.slice(9, 12)) : other);
    const timer = setTimeout(() => statusOr('unanswered'), holdMs);
    socket.on('error', () => statusOr('cut')).on('close', () => statusOr('cut'));
    if (request.leavesAnswer === true) socket.pause();
    else {
      socket.on('data', (bytes) => {
        answer += bytes.toString('latin1', 0, 100);
        if (answer.length > 12) statusOr('cut');
      });
    }
    void writeAll(socket, request.parts());
  });
}

async function writeAll(socket: Socket, parts: Iterable<Buffer>): Promise<void> {
  let goOn: () => void = () => undefined;
  socket.on('drain', () => goOn()).on('close', () => goOn());
  for (const part of parts) {
    for (let at = 0; at < part.length; at += 256 * 1024) {
      if (socket.destroyed) return;
      if (socket.write(part.subarray(at, at + 256 * 1024))) continue;
      await new Promise<void>((resolve) => (goOn = resolve));
    }
  }
}
