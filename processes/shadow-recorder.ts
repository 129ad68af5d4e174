import type { Outputs } from '../models/host.js';
import type { ShadowAnswer } from '../models/router.js';
import type { WorkerServices } from '../runtime/services.js';
import { topics } from '../schemas/topics.js';

/** Counts whether the shadow agrees, and publishes both answers. A failure to publish does not fail the image. */
export async function recordShadow(
  answer: ShadowAnswer,
  { metrics, codec, clock, publisher, logger }: WorkerServices,
): Promise<void> {
  const { alias, served, shadow, servedOutputs, shadowOutputs } = answer;
  const agrees = shadowOutputs === null ? 'failed' : String(top(servedOutputs) === top(shadowOutputs));
  metrics.shadowAnswers.inc({ alias, served, shadow, agrees });
  const record = {
    ...answer,
    servedOutputs: plain(servedOutputs),
    shadowOutputs: shadowOutputs && plain(shadowOutputs),
    at: clock.now(),
  };
  try {
    const value = await codec.encode('shadow-answer', topics.shadowAnswers, record);
    await publisher.publish([{ topic: topics.shadowAnswers, key: Buffer.from(answer.imageId), value, headers: {} }]);
  } catch (error) {
    logger.warn({ alias, shadow, error: (error as Error).message }, 'the answer of a shadow could not be published');
  }
}

/** Index of the largest value of the first output: the class, where the model has classes. */
function top(outputs: Outputs): number {
  const [first = new Float32Array()] = Object.values(outputs);
  return first.reduce((best, value, index) => (value > (first[best] ?? -Infinity) ? index : best), 0);
}

function plain(outputs: Outputs): Record<string, number[]> {
  return Object.fromEntries(Object.entries(outputs).map(([name, values]) => [name, [...values]]));
}
