/** The internal modules of kafkajs that Fanlight imports, as CommonJS modules look to an ES module. No others. */

/** See idle-connections.ts. */
declare module 'kafkajs/src/network/requestQueue/index.js' {
  const RequestQueue: { readonly prototype: object };
  // eslint-disable-next-line no-restricted-syntax -- see above
  export default RequestQueue;
}

/** See decoding/fetches.ts. */
declare module 'kafkajs/src/protocol/requests/fetch/index.js' {
  interface FetchRequest {
    readonly topics: readonly {
      readonly topic: string;
      readonly partitions: readonly { readonly partition: number; readonly fetchOffset: string }[];
    }[];
  }
  interface FetchExchange {
    readonly response: { decode(bytes: Buffer): Promise<unknown>; parse(decoded: unknown): Promise<unknown> };
  }
  const Fetch: {
    /** Versions of the request, in order. */
    readonly versions: readonly string[];
    protocol(options: { readonly version: number }): (request: FetchRequest) => FetchExchange;
  };
  // eslint-disable-next-line no-restricted-syntax -- see above
  export default Fetch;
}

/** Decoder of the record formats from before Kafka 0.11. See decoding/message-sets.ts. */
declare module 'kafkajs/src/protocol/messageSet/decoder.js' {
  interface OldMessage {
    readonly magicByte: number;
    readonly attributes: number;
    /** Format 0 has none. */
    readonly timestamp?: string;
    readonly offset: string;
    readonly key: Buffer | null;
    readonly value: Buffer | null;
  }
  const decodeMessageSet: (decoder: object, bytes: number) => Promise<OldMessage[]>;
  // eslint-disable-next-line no-restricted-syntax -- see above
  export default decodeMessageSet;
}

declare module 'kafkajs/src/protocol/decoder.js' {
  const Decoder: new (bytes: Buffer) => object;
  // eslint-disable-next-line no-restricted-syntax -- see above
  export default Decoder;
}

/** See aborted-records.ts. */
declare module 'kafkajs/src/broker/index.js' {
  const Broker: { readonly prototype: object };
  // eslint-disable-next-line no-restricted-syntax -- see above
  export default Broker;
}
