import type { S3Objects } from '../stores/s3-objects.js';
import type { SinkKind } from '../stores/sinks.js';
import { createLakeCheck } from './lake-check.js';
import type { Result } from './results.js';
import { createS3Check } from './s3-check.js';

/** Compares a store with the results that its sink has read. */
export interface StoreCheck {
  /** Whether the store has the result, or a newer one in its place. */
  has(result: Result): boolean;
  /** Returns the differences from the store of a run without faults. */
  differences(results: readonly Result[]): readonly string[];
}

export function storeCheck(kind: SinkKind, objects: S3Objects): StoreCheck {
  switch (kind) {
    case 's3':
      return createS3Check(objects);
    case 'lake':
      return createLakeCheck(objects);
  }
}
