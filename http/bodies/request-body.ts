import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { ProblemError } from '../problems/problem.js';
import { ClientGoneError } from '../requests/client-gone.js';
import type { HeldMemory } from './memory.js';
import type { Pace } from './pace.js';

/** The body of a request. It can be read once. */
export interface RequestBody {
  /** The Content-Length; undefined when it is missing. A faulty proxy may send a wrong one. */
  readonly announcedBytes: number | undefined;
  /** The part of the memory for bodies that the request holds. */
  readonly memory: HeldMemory;
  /**
   * Yields the bytes as they arrive. Buffered bytes are one piece, however small the chunks of the transfer coding
   * were. Nothing is read ahead of the caller. Throws `request-timeout`, `malformed-request` for chunks that are too
   * small, and `ClientGoneError` when the body ends early.
   */
  pieces(pace: Pace): AsyncGenerator<Uint8Array>;
}

/** Allowance for bytes on the wire beyond twice the body: one read of the socket, and some framing. */
const wireSlackBytes = 72 * 1024;
/** Most bytes on the wire per byte of body. The framing of a chunk takes six bytes, so smaller chunks exceed it. */
const wirePerByte = 2;

/** The body of a request that Node's server received. */
export function bodyOfIncoming(incoming: IncomingMessage, memory: HeldMemory): RequestBody {
  const { socket } = incoming;
  return {
    announcedBytes: announced(incoming.headers['content-length']),
    memory,
    async *pieces(pace) {
      // Both counts start after the first piece, because earlier bytes may belong to a previous request.
      let received = 0;
      let wireBefore: number | undefined;
      for await (const piece of paced(incoming, pace, memory.pushedOut)) {
        if (wireBefore === undefined) wireBefore = socket.bytesRead;
        else received += piece.length;
        if (socket.bytesRead - wireBefore > wirePerByte * received + wireSlackBytes) throw tooFine();
        yield piece;
      }
    },
  };
}

/** The body of a `Request` that a program created without a server. */
export function bodyOfRequest(request: Request, memory: HeldMemory): RequestBody {
  return {
    announcedBytes: announced(request.headers.get('content-length') ?? undefined),
    memory,
    async *pieces(pace) {
      if (request.body === null) return;
      yield* paced(Readable.fromWeb(request.body), pace, memory.pushedOut);
    },
  };
}

async function* paced(stream: Readable, pace: Pace, pushedOut: AbortSignal): AsyncGenerator<Uint8Array> {
  // Reads all buffered bytes as one piece. The server discards an unread rest after the answer.
  const pieces = stream.iterator({ destroyOnReturn: false });
  try {
    for (;;) {
      const read = pieces.next().catch((error: unknown) => {
        throw new ClientGoneError(error);
      });
      const { value, done } = await pace.next(
        read,
        (result) => (result.done === true ? 0 : result.value.length),
        pushedOut,
      );
      if (done === true) return;
      yield value;
    }
  } finally {
    // A pending read settles when the stream ends; no caller waits for it.
    void pieces.return?.().catch(() => undefined);
  }
}

function announced(length: string | undefined): number | undefined {
  return length === undefined || Number.isNaN(Number(length)) ? undefined : Number(length);
}

function tooFine(): ProblemError {
  return new ProblemError({
    code: 'malformed-request',
    detail: 'The body arrives in chunks that are mostly framing.',
    remedy: 'Send chunks of 16 bytes or more, or a Content-Length.',
    headers: { connection: 'close' },
  });
}
