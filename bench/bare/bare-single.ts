/**
 * Photos one at a time, each when the parent asks for it: what an answer would take without Fanlight. Forked, so that
 * nothing of the caller shares its event loop.
 *
 *   fork('dist/bench/bare/bare-single.js', [pipeline, threads], { serialization: 'advanced' })
 *
 * Answers each photo, as bytes, with `{ ms }`; the first one waits for the models.
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
