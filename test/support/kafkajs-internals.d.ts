/** Internal modules of kafkajs that only tests import, to compare with them. */

declare module 'kafkajs/src/protocol/recordBatch/crc32C/index.js' {
  const crc32C: (bytes: Buffer) => number;
  // eslint-disable-next-line no-restricted-syntax -- how a CommonJS module looks to an ES module
  export default crc32C;
}

declare module 'kafkajs/src/protocol/recordBatch/v0/index.js' {
  const encodeBatch: {
    RecordBatch(batch: object): Promise<{ readonly buffer: Buffer }>;
  };
  // eslint-disable-next-line no-restricted-syntax -- see above
  export default encodeBatch;
}

declare module 'kafkajs/src/protocol/recordBatch/record/v0/index.js' {
  const encodeRecord: (record: object) => object;
  // eslint-disable-next-line no-restricted-syntax -- see above
  export default encodeRecord;
}

declare module 'kafkajs/src/protocol/requests/fetch/v4/decodeMessages.js' {
  const decodeMessages: (decoder: object) => Promise<object[]>;
  // eslint-disable-next-line no-restricted-syntax -- see above
  export default decodeMessages;
}
