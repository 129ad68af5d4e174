/**
 * Tags one photo at a time, on request of the parent process: the latency without Fanlight. The parent forks this
 * program, so that both have their own event loop.
 *
 *   fork('dist/bench/bare/bare-single.js', [pipeline, threads], { serialization: 'advanced' })
 *
 * Each message is a photo (bytes); the answer is `{ ms }`. The first photo waits until the models are loaded.
 */
import { openBare } from './bare.js';

const [pipeline = '', threads = '2'] = process.argv.slice(2);
const bare = await openBare(pipeline, Number(threads));

process.on('message', (photo: Uint8Array) => {
  const begun = performance.now();
  // A photo that fails ends the child, and with it the benchmark.
  void bare.tag(Buffer.from(photo), 'realtime').then(() => process.send?.({ ms: performance.now() - begun }));
});
process.once('disconnect', () => void bare.close());
