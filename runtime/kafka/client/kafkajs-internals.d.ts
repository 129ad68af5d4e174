/** The internal modules of kafkajs that Fanlight imports. They have no types; see idle-connections.ts. */
declare module 'kafkajs/src/network/requestQueue/index.js' {
  const RequestQueue: { readonly prototype: object };
  // eslint-disable-next-line no-restricted-syntax -- this is how the CommonJS module looks to an ES module
  export default RequestQueue;
}

/** See aborted-records.ts. */
declare module 'kafkajs/src/broker/index.js' {
  const Broker: { readonly prototype: object };
  // eslint-disable-next-line no-restricted-syntax -- this is how the CommonJS module looks to an ES module
  export default Broker;
}
