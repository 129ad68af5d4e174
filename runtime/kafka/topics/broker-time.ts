// CommonJS: Node does not see this enumeration as a named export.
import kafkajs, { type Admin, type DescribeConfigResponse } from 'kafkajs';
import { FanlightError } from '../../../schemas/failure.js';
import { rootCause } from '../client/broker-error.js';

type Topic = DescribeConfigResponse['resources'][number];

export const brokerTimeEntry = { name: 'message.timestamp.type', value: 'LogAppendTime' } as const;

/** `configSource` of an entry that was set for the topic itself (KIP-226). */
const ofTopic = 1;

/**
 * Makes the broker stamp the records of existing topics. All other settings of the topics stay. Throws
 * `invalid-configuration` when the broker does not allow it.
 */
export async function letBrokerStamp(admin: Admin, topics: readonly string[]): Promise<void> {
  if (topics.length === 0) return;
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: topics.map((name) => ({ type: kafkajs.ConfigResourceTypes.TOPIC, name })),
  });
  const stampedByProducers = resources.filter(
    ({ configEntries }) =>
      configEntries.find(({ configName }) => configName === brokerTimeEntry.name)?.configValue !==
      brokerTimeEntry.value,
  );
  if (stampedByProducers.length === 0) return;
  // This request replaces all settings of a topic, so it has to repeat those that stay.
  try {
    await admin.alterConfigs({ validateOnly: false, resources: stampedByProducers.map(withBrokerTime) });
  } catch (cause) {
    throw notAllowed(
      stampedByProducers.map(({ resourceName }) => resourceName),
      cause,
    );
  }
}

function notAllowed(topics: readonly string[], cause: unknown): FanlightError {
  return new FanlightError({
    code: 'invalid-configuration',
    message: `The settings of ${topics.join(', ')} cannot be changed: ${rootCause(cause).message}`,
    remedy: `Set ${brokerTimeEntry.name}=${brokerTimeEntry.value} on these topics with kafka-configs --alter.`,
    cause,
  });
}

function withBrokerTime({ resourceName, configEntries }: Topic) {
  const kept = configEntries
    .filter(({ configName, configSource }) => configSource === ofTopic && configName !== brokerTimeEntry.name)
    .map(({ configName, configValue }) => ({ name: configName, value: configValue }));
  return {
    type: kafkajs.ConfigResourceTypes.TOPIC,
    name: resourceName,
    configEntries: [...kept, { ...brokerTimeEntry }],
  };
}
