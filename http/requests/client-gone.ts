/** The connection ended before the answer. No one is told; it tells our own failures from the client's. */
export class ClientGoneError extends Error {
  override readonly name = 'ClientGoneError';

  constructor(cause: unknown) {
    super('The client closed the connection before the answer.', { cause });
  }
}
