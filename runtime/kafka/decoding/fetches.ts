// kafkajs 2.2.4 rejects a whole fetch when it cannot decode one batch, and does not say which. Its consumer then starts
// again at the same place for ever. This decoder takes its place; see docs/adr/kafka/0022-decoding-of-batches.md.
import Fetch from 'kafkajs/src/protocol/requests/fetch/index.js';
import { decodeFetchResponse, firstVersion } from './fetch-response.js';
import { decodePartition, newBudget } from './partition.js';
import { createSuspects } from './suspects.js';

/** Versions of the request in kafkajs 2.2.4. Another release may have others, with answers of another form. */
const knownVersions = '0,1,2,3,4,5,6,7,8,9,10,11';

/** Patches kafkajs. Call it once, before the first connection. Throws if kafkajs is not the release that it knows. */
export function decodeFetches(): void {
  const { protocol, versions } = Fetch;
  if (versions.join() !== knownVersions || typeof protocol({ version: 11 }) !== 'function')
    throw new Error('kafkajs has changed: compare runtime/kafka/decoding/ with its requests for fetches');
  const suspects = createSuspects();

  Fetch.protocol = function protocolWithOwnDecoder({ version }) {
    const exchangeOf = protocol({ version });
    if (version < firstVersion) return exchangeOf;
    return (request) => {
      const exchange = exchangeOf(request);
      const offsets = new Map(
        request.topics.flatMap(({ topic, partitions }) =>
          partitions.map(({ partition, fetchOffset }) => [`${topic}/${partition}`, BigInt(fetchOffset)] as const),
        ),
      );
      function decode(bytes: Buffer): Promise<object> {
        const budget = newBudget();
        return decodeFetchResponse(bytes, version, (records, fetched) => {
          const fetchOffset = offsets.get(`${fetched.topic}/${fetched.partition}`) ?? 0n;
          return decodePartition(records, { ...fetched, fetchOffset }, budget, suspects);
        });
      }
      return { ...exchange, response: { ...exchange.response, decode } };
    };
  };
}
