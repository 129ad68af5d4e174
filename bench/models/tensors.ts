/**
 * `npm run bench:tensors -- http://127.0.0.1:18080`: one request with many items against as many requests with one item,
 * through a running gateway.
 */
import { availableParallelism } from 'node:os';
import { percentile } from '../support/statistics.js';

const gateway = process.argv[2] ?? 'http://127.0.0.1:18080';
const rounds = 20;
const sides = [224, 224, 3] as const;
const size = sides[0] * sides[1] * sides[2];

/** Returns the time until all requests are answered (ms). */
async function measure(requests: number, items: number): Promise<number> {
  const json = JSON.stringify({
    inputs: [
      { name: 'input', datatype: 'UINT8', shape: [items, ...sides], parameters: { binary_data_size: items * size } },
    ],
    outputs: [{ name: 'probs', parameters: { binary_data: true } }],
  });
  const body = Buffer.concat([Buffer.from(json), Buffer.alloc(items * size, 127)]);
  const begun = performance.now();
  await Promise.all(
    Array.from({ length: requests }, async () => {
      const response = await fetch(`${gateway}/v2/models/scene/versions/1/infer`, {
        method: 'POST',
        headers: { 'inference-header-content-length': String(json.length) },
        body,
      });
      if (!response.ok) throw new Error(`the gateway answered ${response.status}: ${await response.text()}`);
      await response.arrayBuffer();
    }),
  );
  return performance.now() - begun;
}

const ways = [
  { name: '1 item in 1 request', requests: 1, items: 1 },
  { name: '16 items in 1 request', requests: 1, items: 16 },
  { name: '16 items in 16 requests at once', requests: 16, items: 1 },
];

await measure(1, 16); // loads the model
const times = new Map(ways.map(({ name }) => [name, [] as number[]]));
// The ways take turns, so that other load on the machine affects all of them.
for (let round = 0; round < rounds; round += 1)
  for (const { name, requests, items } of ways) times.get(name)?.push(await measure(requests, items));
console.log(`scene@1, ${rounds} rounds, ${availableParallelism()} cores, Node ${process.version}`);
for (const [name, ms] of times)
  console.log(`${name}: median ${percentile(ms, 0.5).toFixed(0)} ms, p90 ${percentile(ms, 0.9).toFixed(0)} ms`);
