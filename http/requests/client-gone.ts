/** The client's connection ended before the answer. Separates such requests from failures of the gateway. */
export class ClientGoneError extends Error {
  override readonly name = 'ClientGoneError';

  constructor(cause: unknown) {
    super('The client closed the connection before the answer.', { cause });
  }
}
