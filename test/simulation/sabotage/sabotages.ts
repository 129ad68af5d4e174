/** A defect that the simulation has to find: a text of the product, and what takes its place. */
export interface Sabotage {
  readonly name: string;
  readonly edits: readonly { readonly file: string; readonly from: string; readonly to: string }[];
}

export const sabotages: readonly Sabotage[] = [
  {
    name: 'commit before acknowledgement',
    edits: [
      {
        file: 'runtime/consumption/output-publishing.ts',
        from: 'for (let refusal = await publish(outputs, signal); refusal; refusal = await publish(outputs, signal))',
        to: 'publish(outputs, signal).catch(() => undefined); for (let refusal = undefined; refusal; )',
      },
    ],
  },
  {
    name: 'random ids',
    edits: [
      {
        file: 'runtime/stages/stage-handler.ts',
        from: 'id: imageTagsId(result)',
        to: 'id: options.randomHex(32)',
      },
    ],
  },
  {
    name: 'lost acknowledgement ignored',
    edits: [
      {
        file: 'runtime/kafka/client/producer.ts',
        from: 'for (const pending of request) pending.reject(error);',
        to: 'for (const pending of request) pending.resolve(error);',
      },
    ],
  },
  {
    name: 'offset + 1',
    edits: [
      {
        file: 'runtime/kafka/consumer/assignment.ts',
        from: 'offset: String(offset) }];',
        to: 'offset: String(offset + 1n) }];',
      },
    ],
  },
  {
    name: 'work not aborted when revoked',
    edits: [
      {
        file: 'runtime/kafka/consumer/consumer.ts',
        from: 'await options.process(message, signal, next);',
        to: 'await options.process(message, new AbortController().signal, next);',
      },
    ],
  },
  {
    name: 'no event-time check',
    edits: [
      {
        file: 'sinks/result-order.ts',
        from: 'if (one.eventTime !== other.eventTime) return one.eventTime - other.eventTime;',
        to: '',
      },
    ],
  },
  {
    name: 'fence of the lake removed',
    edits: [
      {
        file: 'sinks/lake/service.ts',
        from: 'const condition = create ? unlessPresent : {};',
        to: 'const condition = {};',
      },
    ],
  },
  {
    name: 'fence of S3 removed',
    edits: [
      {
        file: 'sinks/s3/service.ts',
        from: 'new PutObjectCommand({ ...object, ...condition })',
        to: 'new PutObjectCommand(object)',
      },
    ],
  },
  {
    name: 'lost membership ignored',
    edits: [
      {
        file: 'runtime/kafka/consumer/group-member.ts',
        from: 'if (fault === undefined || restarting || stopping.signal.aborted) return;',
        to: 'return;',
      },
    ],
  },
];
