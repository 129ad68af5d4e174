import type { batchHeaders, errorHeaders, headers, omittedHeaders } from '../../../schemas/headers.js';

/** Whether records of a kind carry a header. For `may` on an event, the producer decides. */
export type Presence = 'always' | 'should' | 'may' | 'never';

export interface HeaderRule {
  readonly about: string;
  /** Presence on `listing-images.*`, as producers write the records. */
  readonly event: Presence;
  /** Presence on `image-tags.*`. */
  readonly result: Presence;
  readonly schema?: object;
}

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
      'The ce_id of the event that the record descends from, or topic/partition/offset of the event if it had none. Joins a result or dead letter to its event.',
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
    about: 'On retried and dead-lettered records: time at which the event entered the system (epoch ms).',
    event: 'never',
    result: 'never',
    schema: digits,
  },
  seal: {
    about:
      'On events that return to their topic, and on images of jobs: proves that Fanlight wrote the internal headers.',
    event: 'never',
    result: 'never',
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

export const omittedHeaderRules: Readonly<Record<keyof typeof omittedHeaders, string>> = {
  bytes: 'Only on a letter without its value, which was too large for it: size of the value (bytes).',
  sha256: 'SHA-256 of that value, in hex.',
  from: 'topic/partition/offset of the record that has the value, for as long as its topic retains it.',
};

export const batchHeaderRules: Readonly<Record<keyof typeof batchHeaders, string>> = {
  firstOffset:
    'Only on a letter for records that could not be decoded, whose value is their batch as it was fetched: first offset that could not be read.',
  lastOffset: 'Last offset that could not be read.',
  bytes: 'Size of the batch (bytes).',
};
