import type { FailureLane, LaneName } from './lanes.js';

/**
 * Topic names, defined in one place. A queue is the topic that one stage consumes in one lane. A dedicated queue
 * belongs to one client or one model.
 */
export const topics = {
  /** Listing-image events from producers. */
  listingImages: (lane: LaneName) => `listing-images.${lane}`,
  /** Input of a stage that does not consume events directly. `dedicated` is the name of a dedicated queue. */
  queue: (stage: string, lane: LaneName, dedicated: string | null = null) =>
    dedicated === null ? `${stage}.${lane}` : `${stage}.${lane}.${dedicated}`,
  /** Tag results. */
  imageTags: (lane: LaneName) => `image-tags.${lane}`,
  /** Tensors for models, without a photo. */
  modelInputs: (lane: LaneName) => `model-inputs.${lane}`,
  /** Outputs of models for these tensors. */
  modelOutputs: (lane: LaneName) => `model-outputs.${lane}`,
  /** Records that wait `delay` (such as `5s`) before they return to their queue. */
  retry: (lane: FailureLane, delay: string) => `retry-${delay}.${lane}`,
  /** Records that cannot be processed, with the reason in the headers. */
  deadLetters: (lane: FailureLane) => `dead-letters.${lane}`,
  /** Images of a cancelled job that were skipped. */
  cancelledImages: (lane: LaneName) => `cancelled-images.${lane}`,
  /** Job records; compacted. */
  jobs: 'jobs',
  /** Progress of jobs: parts of their results, and summaries. */
  jobProgress: 'job-progress',
  /**
   * Records of `jobProgress` that return from a retry topic, or whose dead letter was replayed. Only the callbacks
   * stage consumes it.
   */
  callbacks: 'callbacks',
  /** Commands of operators about the models of all workers; compacted. */
  modelCommands: 'model-commands',
  /** Model states that workers report; compacted. */
  workerModels: 'worker-models',
  /** Answers of the shadow versions of aliases. */
  shadowAnswers: 'shadow-answers',
} as const;

/** Whether producers write to the topic. */
export function isEventTopic(name: string): boolean {
  return name.startsWith('listing-images.');
}

/**
 * Value schema (file in this folder) of each family of topics. Dead letters, retries and cancelled images keep the
 * original bytes.
 */
export const valueSchemas = {
  'listing-image': 'listing-image.avsc',
  'image-task': 'image-task.avsc',
  'image-tags': 'image-tags.avsc',
  job: 'job.avsc',
  'job-progress': 'job-progress.avsc',
  'model-input': 'model-input.avsc',
  'model-output': 'model-output.avsc',
  'model-command': 'model-command.avsc',
  'worker-models': 'worker-models.avsc',
  'shadow-answer': 'shadow-answer.avsc',
} as const;

export type SchemaName = keyof typeof valueSchemas;

/** Schemas of the topics that clients write or read. */
export type PublicSchemaName = 'listing-image' | 'image-tags';
