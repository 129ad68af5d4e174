import { splitPipeline } from '../pipeline-name.js';

/** The fields that belong to one pipeline alone, whatever its version. */
export interface PipelineFields {
  readonly pipeline: string;
  readonly eventTime: string;
  readonly models: string;
  readonly tags: string;
  readonly scores: string;
  readonly roomType: string;
  readonly roomScore: string;
}

export function pipelineFields(pipeline: string): PipelineFields {
  const name = fieldPart(splitPipeline(pipeline).name);
  return {
    pipeline: `pipeline_${name}_s`,
    eventTime: `eventTime_${name}_dt`,
    models: `models_${name}_ss`,
    tags: `tags_${name}_ss`,
    scores: `scores_${name}`,
    roomType: `roomType_${name}_s`,
    roomScore: `roomScore_${name}_f`,
  };
}

/**
 * A pipeline name as part of a Solr field name, injectively: field names should be letters, digits and underscores
 * only.
 * Lower-case letters and digits stay, `-` becomes `_`, anything else `U` and the four hex digits of its UTF-16 unit.
 */
export function fieldPart(name: string): string {
  return name.replace(/[^a-z0-9]/g, (unit) =>
    unit === '-' ? '_' : `U${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
