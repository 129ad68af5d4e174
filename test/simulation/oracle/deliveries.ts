import { headers } from '../../../schemas/headers.js';
import type { SimProcess } from '../engine/process.js';
import type { StoredRecord } from '../kafka/log.js';
import { resultOf } from './results.js';

interface Delivery {
  /** Member and generation that have read the records. */
  readonly membership: string;
  readonly names: Set<string>;
}

/** Names of a record that effects may have: its `ce_id`, its place, and the photo of a result. */
function namesOf(record: StoredRecord): readonly string[] {
  const { topic, partition, offset, headers: texts } = record;
  const own = [texts[headers.ceId] ?? '', `${partition}/${offset}`];
  return topic.startsWith('image-tags.') ? [...own, resultOf(record).value.imageId] : own;
}

/** The records that each process has read since it has joined each of its groups for the last time. */
export class Deliveries {
  readonly #byProcess = new WeakMap<SimProcess, Map<string, Delivery>>();

  read(process: SimProcess, group: string, membership: string, records: readonly StoredRecord[]): void {
    const groups = this.#byProcess.get(process) ?? new Map<string, Delivery>();
    this.#byProcess.set(process, groups);
    let delivery = groups.get(group);
    if (delivery?.membership !== membership) {
      delivery = { membership, names: new Set() };
      groups.set(group, delivery);
    }
    for (const record of records) for (const name of namesOf(record)) delivery.names.add(name);
  }

  /** Whether the process works for a record that it has not read since it joined the group. */
  isForeign(process: SimProcess, group: string, name: string): boolean {
    const delivery = this.#byProcess.get(process)?.get(group);
    return delivery !== undefined && !delivery.names.has(name);
  }
}
