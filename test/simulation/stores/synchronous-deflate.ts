import { syncBuiltinESMExports } from 'node:module';
import zlib from 'node:zlib';

/**
 * The lake's sink compresses on the thread pool, whose threads end in any order. Here, compression ends at once. Import
 * this module before the sink.
 */
type Callback = (error: Error | null, bytes: Buffer) => void;

Object.assign(zlib, {
  deflateRaw(bytes: Buffer, ...others: readonly unknown[]) {
    const callback = others.at(-1) as Callback;
    callback(null, zlib.deflateRawSync(bytes, others.length > 1 ? (others[0] as zlib.ZlibOptions) : {}));
  },
});
syncBuiltinESMExports();
