import type { FailureLane, LaneName } from './lanes.js';

/**
 * Topic names, in one place. A queue is the topic that one stage consumes in one lane; a dedicated one belongs to one
 * client or one model.
 */
export const topics = {
  /** Where producers write listing-image events. */
  listingImages: (lane: LaneName) => `listing-images.${lane}`,
  /** What a stage reads that does not read events; `dedicated`: name of a dedicated queue. */
  queue: (stage: string, lane: LaneName, dedicated: string | null = null) =>
    dedicated === null ? `${stage}.${lane}` : `${stage}.${lane}.${dedicated}`,
  /** Where tag results appear. */
  imageTags: (lane: LaneName) => `image-tags.${lane}`,
  /** Tensors for models, without a photo. */
  modelInputs: (lane: LaneName) => `model-inputs.${lane}`,
  /** What models said of them. */
  modelOutputs: (lane: LaneName) => `model-outputs.${lane}`,
  /** Records that wait `delay` (such as `5s`) before they return to their queue. */
  retry: (lane: FailureLane, delay: string) => `retry-${delay}.${lane}`,
  /** Records that cannot be processed, with their reason in the headers. */
  deadLetters: (lane: FailureLane) => `dead-letters.${lane}`,
  /** Images of a cancelled job that were not run. */
  cancelledImages: (lane: LaneName) => `cancelled-images.${lane}`,
  /** What clients asked for with jobs; compacted. */
  jobs: 'jobs',
  /** What happened to jobs: parts of their results, and how they ended. */
  jobProgress: 'job-progress',
  /**
   * Records of `jobProgress` that return from a retry topic, or whose dead letter was replayed: for callbacks alone.
   */
  callbacks: 'callbacks',
  /** What operators want of the models of all workers; compacted. */
  modelCommands: 'model-commands',
  /** What workers say of their models; compacted. */
  workerModels: 'worker-models',
  /** What shadows of aliases said. */
  shadowAnswers: 'shadow-answers',
} as const;

/**
 * Value schema (file stem in this folder) of each family of topics; dead letters, retries and cancelled images keep the
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

/** Those of topics that clients write or read. */
export type PublicSchemaName = 'listing-image' | 'image-tags';
