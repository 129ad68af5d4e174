import type { ImageTags } from './events.js';
import { imageTagsId } from './ids.js';
import type { LaneName } from './lanes.js';
import { topics, type SchemaName } from './topics.js';

/** Topics that hold the same kind of record: one topic for each lane. */
export interface TopicFamily<Value> {
  readonly schema: SchemaName;
  topic(lane: LaneName): string;
  /** Returns the id of a record that has no `ce_id` header. */
  idOf(value: Value): string;
}

/** Tag results of all lanes. */
export const imageTagsFamily: TopicFamily<ImageTags> = {
  schema: 'image-tags',
  topic: topics.imageTags,
  idOf: imageTagsId,
};
