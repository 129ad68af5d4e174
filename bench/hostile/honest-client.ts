/**
 * An honest client of the gateway. It sends in turn photos, tensors as bytes and tensors as JSON; beside them it
 * requests `/healthz`. The benchmark forks this program, so that both have their own event loop.
 *
 *   fork('dist/bench/hostile/honest-client.js', [gatewayUrl], { serialization: 'advanced' })
 *
 * The first message is `{ photos }` (bytes); the answer is `{ ready: true }`. Each later message is
 * `{ requests, perSecond }`; the answer has the latency of each request (ms), null for an error.
 */
import { setTimeout as delay } from 'node:timers/promises';

export interface HonestLoad {
  readonly requests: number;
  readonly perSecond: number;
}
export interface HonestAnswers {
  readonly requests: readonly (number | null)[];
  readonly health: readonly (number | null)[];
  /** Status and first 300 characters of each error answer, or the message of the network error. */
  readonly errors: readonly string[];
}

const [gatewayUrl = ''] = process.argv.slice(2);
const healthEveryMs = 50;
const side = 224;
const pixels = Buffer.from(Array.from({ length: side * side * 3 }, (_, at) => (at * 7) % 256));
const tensor = { name: 'input', datatype: 'UINT8', shape: [1, side, side, 3] };
const inferUrl = `${gatewayUrl}/v2/models/scene/versions/1/infer`;
let photos: readonly Buffer[] = [];
let sent = 0;

const binary = Buffer.from(
  JSON.stringify({ inputs: [{ ...tensor, parameters: { binary_data_size: pixels.length } }] }),
);
type Form = (photo: Buffer) => [url: string, init: RequestInit];
const forms: readonly Form[] = [
  (photo) => [
    `${gatewayUrl}/v1/tags`,
    { method: 'POST', headers: { 'content-type': 'image/jpeg' }, body: Uint8Array.from(photo) },
  ],
  () => [
    inferUrl,
    {
      method: 'POST',
      headers: { 'inference-header-content-length': String(binary.length) },
      body: Uint8Array.from(Buffer.concat([binary, pixels])),
    },
  ],
  (photo) => [
    `${gatewayUrl}/v1/tags`,
    { method: 'POST', headers: { 'content-type': 'image/jpeg' }, body: Uint8Array.from(photo) },
  ],
  () => [inferUrl, { method: 'POST', body: JSON.stringify({ inputs: [{ ...tensor, data: [...pixels] }] }) }],
];

async function timed(ask: () => Promise<Response>, onError: (text: string) => void): Promise<number | null> {
  const begun = performance.now();
  try {
    const response = await ask();
    const text = await response.text();
    if (response.ok) return performance.now() - begun;
    onError(`${response.status} ${text.slice(0, 300)}`);
  } catch (error) {
    onError(error instanceof Error ? `${error.message} ${String(error.cause)}` : String(error));
  }
  return null;
}

/** Starts `work` at a fixed rate, whether or not earlier calls have ended (open loop). */
async function atRate<T>(count: number, everyMs: number, work: () => Promise<T>): Promise<T[]> {
  const pending: Promise<T>[] = [];
  const begun = performance.now();
  for (let index = 0; index < count; index += 1) {
    await delay(Math.max(0, begun + index * everyMs - performance.now()));
    pending.push(work());
  }
  return Promise.all(pending);
}

async function send({ requests, perSecond }: HonestLoad): Promise<HonestAnswers> {
  const errors: string[] = [];
  const everyMs = 1_000 / perSecond;
  const request = () => {
    const [url, init] = (forms[sent % forms.length] as Form)(photos[sent % photos.length] as Buffer);
    sent += 1;
    return timed(
      () => fetch(url, init),
      (text) => errors.push(text),
    );
  };
  const [answered, health] = await Promise.all([
    atRate(requests, everyMs, request),
    atRate(Math.floor((requests * everyMs) / healthEveryMs), healthEveryMs, () =>
      timed(
        () => fetch(`${gatewayUrl}/healthz`),
        (text) => errors.push(text),
      ),
    ),
  ]);
  return { requests: answered, health, errors };
}

process.on('message', (message: { readonly photos: readonly Uint8Array[] } | HonestLoad) => {
  if ('photos' in message) {
    photos = message.photos.map((photo) => Buffer.from(photo));
    process.send?.({ ready: true });
    return;
  }
  void send(message).then((answers) => process.send?.(answers));
});
