import { splitPipeline } from '../pipeline-name.js';

/** Fields of one pipeline alone. All of its versions share them. */
export interface PipelineFields {
  readonly pipeline: string;
  readonly eventTime: string;
  /** `ce_id` of the result. */
  readonly resultId: string;
  readonly models: string;
  readonly tags: string;
  readonly scores: string;
  readonly roomType: string;
  readonly roomScore: string;
}

/** `ce_id` of the result that the fields of the photo itself come from. */
export const photoResultId = 'resultId_s';

export function pipelineFields(pipeline: string): PipelineFields {
  const name = fieldPart(splitPipeline(pipeline).name);
  return {
    pipeline: `pipeline_${name}_s`,
    eventTime: `eventTime_${name}_dt`,
    resultId: `resultId_${name}_s`,
    models: `models_${name}_ss`,
    tags: `tags_${name}_ss`,
    scores: `scores_${name}`,
    roomType: `roomType_${name}_s`,
    roomScore: `roomScore_${name}_f`,
  };
}

/**
 * Encodes a pipeline name as part of a Solr field name. Two names never give the same part. Solr field names should
 * have only letters, digits and underscores. Lower-case letters and digits stay, and `-` becomes `_`. Any other UTF-16
 * unit becomes `U` and its four hex digits.
 */
export function fieldPart(name: string): string {
  return name.replace(/[^a-z0-9]/g, (unit) =>
    unit === '-' ? '_' : `U${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
