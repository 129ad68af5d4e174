/** Reads nothing ahead, so that a slow client slows the source down. */
const unbuffered = { highWaterMark: 0 };

/**
 * Calls `done` once when the body of the answer has been read to its end, has failed or was cancelled.
 *
 * @returns the answer to send instead of the given one
 */
export function afterBody(answer: Response, done: () => void): Response {
  if (answer.body === null) {
    done();
    return answer;
  }
  const reader = answer.body.getReader();
  const body = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        reader.closed.then(done, (error: unknown) => {
          // Passes the failure on even when the reader has no pending read.
          controller.error(error);
          done();
        });
      },
      async pull(controller) {
        const { value, done: ended } = await reader.read();
        if (ended) controller.close();
        else controller.enqueue(value);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    unbuffered,
  );
  return new Response(body, answer);
}
