import { topics } from '../../../schemas/topics.js';
import type { Topology } from '../../../topology/topology.js';
import { laneChannels } from './channels.js';
import { headerSchemas } from './header-schemas.js';
import { messages } from './messages.js';
import { laneOperations } from './operations.js';
import type { AsyncApiSources } from './sources.js';

/**
 * Returns the AsyncAPI 3.0 document of the public topics. Operations are those of Fanlight: it receives listing-image
 * events and sends all other records. Throws if `sources.topics` lacks a topic of the topology.
 */
export function describeAsyncApi(topology: Topology, sources: AsyncApiSources): object {
  const publicNames = new Set(
    topology.lanes.flatMap(({ name }) => [
      topics.listingImages(name),
      topics.imageTags(name),
      topics.deadLetters(name),
    ]),
  );
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Fanlight events',
      version: sources.version,
      description:
        'Listing-image events in, tag results and dead letters out. docs/events.md explains how to use them. Set isolation.level=read_committed.',
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    defaultContentType: 'application/avro',
    servers: { production: server() },
    channels: Object.fromEntries(topology.lanes.flatMap((lane) => laneChannels(lane, sources))),
    operations: Object.fromEntries(topology.lanes.flatMap((lane) => laneOperations(lane, topology.plans))),
    components: { messages: messages(sources), schemas: headerSchemas() },
    'x-fanlight-pipelines': { default: topology.defaultPipeline, all: [...topology.pipelines.keys()] },
    'x-fanlight-internal-topics': sources.topics.map(({ name }) => name).filter((name) => !publicNames.has(name)),
  };
}

function server(): object {
  return {
    host: '{broker}',
    protocol: 'kafka',
    description: 'Any broker of the cluster. Security depends on the deployment.',
    variables: {
      broker: { description: 'host:port', default: 'kafka.example.com:9092', examples: ['127.0.0.1:19092'] },
    },
    bindings: {
      kafka: {
        schemaRegistryUrl: 'https://registry.example.com',
        schemaRegistryVendor: 'confluent',
        bindingVersion: '0.5.0',
      },
    },
  };
}
