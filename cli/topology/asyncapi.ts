import { errorHeaders, eventTypes, headers } from '../../schemas/headers.js';
import { topics, type PublicSchemaName } from '../../schemas/topics.js';
import type { Lane } from '../../topology/lanes.js';
import type { GroupPlan, Topology } from '../../topology/topology.js';

/** Facts about a topic that the document states. */
export interface DescribedTopic {
  readonly name: string;
  readonly partitions: number;
  readonly retentionMs: number;
}

export interface AsyncApiSources {
  /** Version of Fanlight. */
  readonly version: string;
  /** The Avro files of `schemas/`, as JSON. */
  readonly schemas: Readonly<Record<PublicSchemaName, object>>;
  /** All topics of the topology, including internal ones. */
  readonly topics: readonly DescribedTopic[];
}

/** Whether records of a kind carry a header. For `may` on an event, the producer decides. */
export type Presence = 'always' | 'should' | 'may' | 'never';

export interface HeaderRule {
  readonly about: string;
  /** On `listing-images.*`, as producers write them. */
  readonly event: Presence;
  /** On `image-tags.*`. */
  readonly result: Presence;
  readonly schema?: object;
}

const hexId = { pattern: '^[0-9a-f]{32}$' };
const digits = { pattern: '^[0-9]+$' };

/** One rule per header; the type makes the compiler reject a new header without a rule. */
export const headerRules: Readonly<Record<keyof typeof headers, HeaderRule>> = {
  ceSpecVersion: { about: 'CloudEvents version.', event: 'should', result: 'always', schema: { const: '1.0' } },
  ceId: {
    about: 'Deterministic id: the same input gives the same id. Consumers drop duplicates by it.',
    event: 'should',
    result: 'always',
  },
  ceType: { about: 'Type of the event.', event: 'should', result: 'always' },
  ceSource: {
    about: 'Producer of the record, as a URI reference such as /crm/photo-upload.',
    event: 'should',
    result: 'always',
    schema: { format: 'uri-reference' },
  },
  ceTime: {
    about: 'Time at which the record was written (RFC 3339).',
    event: 'should',
    result: 'always',
    schema: { format: 'date-time' },
  },
  contentType: {
    about: 'Media type of the value.',
    event: 'should',
    result: 'always',
    schema: { const: 'application/avro' },
  },
  traceparent: {
    about: 'W3C Trace Context. The stages continue the trace of the event, or start a new one.',
    event: 'may',
    result: 'always',
    schema: { pattern: '^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$' },
  },
  client: {
    about: 'Name of the client that sent the event; clients share a lane in turns. Copied into the result.',
    event: 'may',
    result: 'may',
  },
  deadline: {
    about:
      "Time after which no client waits for the result (epoch ms); replaces the lane's deadline. Copied into the result.",
    event: 'may',
    result: 'may',
    schema: digits,
  },
  job: {
    about: 'Id of the job, for an image submitted by POST /v1/jobs. Copied into the result.',
    event: 'never',
    result: 'may',
  },
  jobItem: {
    about: 'Position of the image in its job, from 0. Copied into the result.',
    event: 'never',
    result: 'may',
    schema: digits,
  },
  reference: {
    about: "The client's own name of the image in its job. Copied into the result.",
    event: 'never',
    result: 'may',
  },
  callback: {
    about: 'URI of the callback to which results of the job are delivered. Copied into the result.',
    event: 'never',
    result: 'may',
    schema: { format: 'uri' },
  },
  origin: {
    about:
      'The ce_id of the event that the record descends from; topic/partition/offset of the event if it had none. Joins a result or dead letter to its event.',
    event: 'never',
    result: 'always',
  },
  attempt: {
    about: 'Number of attempts in its stage, on a record that came back from a retry topic.',
    event: 'never',
    result: 'never',
    schema: digits,
  },
  retryAt: {
    about: 'On retry topics only: earliest time at which the record leaves the topic (epoch ms).',
    event: 'never',
    result: 'never',
    schema: digits,
  },
  retryTo: { about: 'On retry topics only: the queue to which the record returns.', event: 'never', result: 'never' },
  eventTime: {
    about: 'On retried records: time at which the event entered the system (epoch ms).',
    event: 'never',
    result: 'never',
    schema: digits,
  },
  replayed: {
    about: 'On a replay marker only: topic/partition/offset of the dead letter that was replayed.',
    event: 'never',
    result: 'never',
  },
};

export const errorHeaderRules: Readonly<Record<keyof typeof errorHeaders, string>> = {
  topic: 'Topic to which the record returns when it is replayed.',
  partition:
    'Partition from which the stage read the record: of that topic, or of the queue that its share group fills.',
  offset: 'Offset in that partition.',
  stage:
    'Stage that gave the record up. A name that starts with sink- means that the image was tagged, but one store refused the result.',
  operation: 'Operation that failed in that stage.',
  code: 'Failure code.',
  message: 'The error in one sentence.',
  remedy: 'The remedy in one sentence.',
  attempts: 'Number of attempts through topics.',
  stacktrace: 'Stack trace, for the maintainers of Fanlight.',
  time: 'Time at which the record was given up (RFC 3339).',
};

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
        'Listing-image events in, tag results and dead letters out. docs/events.md explains how to use them.',
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

function laneChannels(lane: Lane, sources: AsyncApiSources): [string, object][] {
  const { name, deadlineMs, retryDelays } = lane;
  const channel = (topic: string, description: string, messageNames: readonly string[]): [string, object] => {
    const described = sources.topics.find((candidate) => candidate.name === topic);
    if (!described) throw new Error(`sources.topics lacks the topic ${topic}`);
    const { partitions, retentionMs } = described;
    return [
      topic,
      {
        address: topic,
        description,
        messages: Object.fromEntries(
          messageNames.map((message) => [message, { $ref: `#/components/messages/${message}` }]),
        ),
        bindings: {
          kafka: { topic, partitions, topicConfiguration: { 'retention.ms': retentionMs }, bindingVersion: '0.5.0' },
        },
        'x-fanlight-lane': { name, deadlineMs, retryDelays },
      },
    ];
  };
  return [
    channel(topics.listingImages(name), `Photos to tag, lane ${name}.`, ['listingImage']),
    channel(topics.imageTags(name), `Tag results, lane ${name}.`, ['imageTags']),
    channel(
      topics.deadLetters(name),
      `Records that failed permanently, lane ${name}, with the reason in the headers.`,
      ['deadLetter', 'replayMarker'],
    ),
  ];
}

function laneOperations({ name }: Lane, plans: readonly GroupPlan[]): [string, object][] {
  const operation = (
    id: string,
    action: 'receive' | 'send',
    topic: string,
    messageName: string,
    summary: string,
    groupId?: string,
  ): [string, object] => [
    `${id}.${name}`,
    {
      action,
      channel: { $ref: `#/channels/${topic}` },
      messages: [{ $ref: `#/channels/${topic}/messages/${messageName}` }],
      summary,
      ...(groupId === undefined
        ? {}
        : { bindings: { kafka: { groupId: { type: 'string', const: groupId }, bindingVersion: '0.5.0' } } }),
    },
  ];
  const group = plans.find(({ input }) => input === topics.listingImages(name))?.group;
  return [
    operation(
      'receiveListingImage',
      'receive',
      topics.listingImages(name),
      'listingImage',
      'Tags the photo. Each event results in a tag result or a dead letter.',
      group,
    ),
    operation('sendImageTags', 'send', topics.imageTags(name), 'imageTags', 'The tags of one photo.'),
    operation('sendDeadLetter', 'send', topics.deadLetters(name), 'deadLetter', 'A record that was given up.'),
  ];
}

function messages({ schemas }: AsyncApiSources): object {
  const avro = (schema: object) => ({ schemaFormat: 'application/vnd.apache.avro;version=1.9.0', schema });
  const key = { type: 'string', description: 'listingId, UTF-8. Partitioned by murmur2, as by the Java client.' };
  const wire = {
    schemaIdLocation: 'payload',
    schemaIdPayloadEncoding: 'confluent',
    schemaLookupStrategy: 'TopicNameStrategy',
  };
  const bindings = { kafka: { key, ...wire, bindingVersion: '0.5.0' } };
  const header = (name: string) => ({ $ref: `#/components/schemas/${name}` });
  const correlationId = {
    description: 'The ce_id of the listing-image event.',
    location: `$message.header#/${headers.origin}`,
  };
  return {
    listingImage: {
      name: eventTypes.listingImage,
      title: 'Listing-image event',
      contentType: 'application/avro',
      headers: header('listingImageHeaders'),
      payload: avro(schemas['listing-image']),
      bindings,
    },
    imageTags: {
      name: eventTypes.imageTags,
      title: 'Tag result',
      contentType: 'application/avro',
      headers: header('imageTagsHeaders'),
      correlationId,
      payload: avro(schemas['image-tags']),
      bindings,
    },
    deadLetter: {
      name: 'fanlight.dead-letter',
      title: 'Dead letter',
      description:
        'Key, value and headers of the original record, and the reason in additional headers. The schema id in the value names the schema of the writer; a record that violates the wire format has none.',
      headers: header('deadLetterHeaders'),
      correlationId,
      bindings,
    },
    replayMarker: {
      name: 'fanlight.replay-marker',
      title: 'Replay marker',
      description: 'Says that a dead letter was sent back to its topic. It has no value.',
      headers: header('replayMarkerHeaders'),
      payload: { type: 'null' },
      bindings: { kafka: { key, bindingVersion: '0.5.0' } },
    },
  };
}

function headerSchemas(): object {
  const entries = Object.entries(headerRules) as [keyof typeof headers, HeaderRule][];
  const property = ([field, { about, schema }]: (typeof entries)[number]) => [
    headers[field],
    { type: 'string', description: about, ...schema },
  ];
  const properties = (kind: 'event' | 'result') =>
    Object.fromEntries(entries.filter(([, rule]) => rule[kind] !== 'never').map(property)) as Record<string, object>;
  const required = entries.filter(([, { result }]) => result === 'always').map(([field]) => headers[field]);
  const errors = Object.entries(errorHeaderRules) as [keyof typeof errorHeaders, string][];
  const typed = (type: string, id: object = hexId) => ({
    [headers.ceType]: { type: 'string', const: type, description: headerRules.ceType.about },
    [headers.ceId]: { type: 'string', description: headerRules.ceId.about, ...id },
  });
  return {
    listingImageHeaders: {
      type: 'object',
      properties: { ...properties('event'), ...typed(eventTypes.listingImage, {}) },
    },
    imageTagsHeaders: {
      type: 'object',
      required,
      properties: { ...properties('result'), ...typed(eventTypes.imageTags) },
    },
    deadLetterHeaders: {
      type: 'object',
      description: 'In addition, the headers of the original record.',
      required: [headers.origin, ...errors.map(([field]) => errorHeaders[field])],
      properties: Object.fromEntries([
        property(['origin', headerRules.origin]),
        property(['attempt', headerRules.attempt]),
        ...errors.map(([field, description]) => [errorHeaders[field], { type: 'string', description }]),
      ]) as Record<string, object>,
    },
    replayMarkerHeaders: {
      type: 'object',
      required: [headers.replayed],
      properties: Object.fromEntries([property(['replayed', headerRules.replayed])]) as Record<string, object>,
    },
  };
}
