/** The one file of kafkajs that has no types and that we reach into; see idle-connections.ts. */
declare module 'kafkajs/src/network/requestQueue/index.js' {
  const RequestQueue: { readonly prototype: object };
  // eslint-disable-next-line no-restricted-syntax -- this is how the CommonJS module looks to an ES module
  export default RequestQueue;
}
