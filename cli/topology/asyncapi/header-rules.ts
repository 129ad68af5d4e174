import type { errorHeaders, headers } from '../../../schemas/headers.js';

/** Whether records of a kind carry a header; `may` on an event is the producer's choice. */
export type Presence = 'always' | 'should' | 'may' | 'never';

export interface HeaderRule {
  readonly about: string;
  /** On `listing-images.*`, as producers write them. */
  readonly event: Presence;
  /** On `image-tags.*`. */
  readonly result: Presence;
  readonly schema?: object;
}

const digits = { pattern: '^[0-9]+$' };

/** One rule a header: a new header without one does not compile. */
export const headerRules: Readonly<Record<keyof typeof headers, HeaderRule>> = {
  ceSpecVersion: { about: 'CloudEvents version.', event: 'should', result: 'always', schema: { const: '1.0' } },
  ceId: {
    about: 'Deterministic id: the same input gives the same id. Drop repeats by it.',
    event: 'should',
    result: 'always',
  },
  ceType: { about: 'Type of the event.', event: 'should', result: 'always' },
  ceSource: {
    about: 'Who wrote the record, as a URI reference such as /crm/photo-upload.',
    event: 'should',
    result: 'always',
    schema: { format: 'uri-reference' },
  },
  ceTime: {
    about: 'When the record was written, RFC 3339.',
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
    about: 'W3C Trace Context. The stages continue the trace of the event, or begin one.',
    event: 'may',
    result: 'always',
    schema: { pattern: '^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$' },
  },
  client: {
    about: 'Name of the client that asks; clients share a lane by turns. Copied into the result.',
    event: 'may',
    result: 'may',
  },
  deadline: {
    about:
      "Epoch milliseconds after which no one waits for the result; replaces the lane's deadline. Copied into the result.",
    event: 'may',
    result: 'may',
    schema: digits,
  },
  job: {
    about: 'The job that the image belongs to, of images that came by POST /v1/jobs. Copied into the result.',
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
    about: 'What the client calls the image in its job. Copied into the result.',
    event: 'never',
    result: 'may',
  },
  callback: {
    about: 'Where the client of the job wants results, as a URI. Copied into the result.',
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
    about: 'How often the record was tried in its stage, when it came back from a retry topic.',
    event: 'never',
    result: 'never',
    schema: digits,
  },
  retryAt: {
    about: 'On retry topics only: epoch milliseconds before which the record stays there.',
    event: 'never',
    result: 'never',
    schema: digits,
  },
  retryTo: { about: 'On retry topics only: the queue to which the record returns.', event: 'never', result: 'never' },
  eventTime: {
    about: 'On retried records: epoch milliseconds at which the event entered.',
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
  partition: 'Partition from which the stage read it: of that topic, or of its share of it.',
  offset: 'Offset in that partition.',
  stage:
    'Stage that gave it up. A name that begins with sink- means: the image was tagged, one store refused the result.',
  operation: 'Operation that failed in that stage.',
  code: 'Failure code.',
  message: 'One sentence: what went wrong.',
  remedy: 'One sentence: what can be done.',
  attempts: 'How often it was tried through topics.',
  stacktrace: 'For whoever maintains Fanlight.',
  time: 'When it was given up, RFC 3339.',
};
