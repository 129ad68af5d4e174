import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { ProblemError } from '../problems/problem.js';
import { ClientGoneError } from '../requests/client-gone.js';
import type { HeldMemory } from './memory.js';
import type { Pace } from './pace.js';

/** The body of a request, to be read once. */
export interface RequestBody {
  /** What Content-Length says; undefined where nothing does. Behind a careless proxy it may be wrong. */
  readonly announcedBytes: number | undefined;
  /** What the request takes of the memory for bodies. */
  readonly memory: HeldMemory;
  /**
   * The bytes as they arrive, what has come at once as one piece, however small the chunks of the transfer coding were.
   * Nothing is read ahead of the caller. Throws `request-timeout`, `malformed-request` for a body that is chunked too
   * finely, and `ClientGoneError` when the body ends early.
   */
  pieces(pace: Pace): AsyncGenerator<Uint8Array>;
}

/**
 * Bytes on the wire beyond the doubled body: one read of the socket, whose chunks come one by one, and some framing.
 */
const wireSlackBytes = 72 * 1024;
/** A chunk of six bytes costs as many again on the wire: finer ones are work for the gateway and no body. */
const wirePerByte = 2;

/** The body of a request of Node's server. */
export function bodyOfIncoming(incoming: IncomingMessage, memory: HeldMemory): RequestBody {
  const { socket } = incoming;
  return {
    announcedBytes: announced(incoming.headers['content-length']),
    memory,
    async *pieces(pace) {
      // Both behind the first piece: what came before it may belong to an earlier request of the connection.
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

/** The body of a request that no server has taken in, such as one that a program makes. */
export function bodyOfRequest(request: Request, memory: HeldMemory): RequestBody {
  return {
    announcedBytes: announced(request.headers.get('content-length') ?? undefined),
    memory,
    async *pieces(pace) {
      if (request.body === null) return;
      // Two declarations of the same class: the DOM's and that of Node.
      yield* paced(Readable.fromWeb(request.body), pace, memory.pushedOut);
    },
  };
}

async function* paced(stream: Readable, pace: Pace, pushedOut: AbortSignal): AsyncGenerator<Uint8Array> {
  // Reads what is buffered as one piece. The server ends what is not read to its end, once the answer has been sent.
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
    // A read that is under way resolves when the stream ends, which nobody waits for.
    void pieces.return?.().catch(() => undefined);
  }
}

function announced(length: string | undefined): number | undefined {
  return length === undefined || Number.isNaN(Number(length)) ? undefined : Number(length);
}

function tooFine(): ProblemError {
  return new ProblemError({
    code: 'malformed-request',
    detail: 'The body comes in chunks that are mostly framing.',
    remedy: 'Send chunks of 16 bytes or more, or a Content-Length.',
    headers: { connection: 'close' },
  });
}
