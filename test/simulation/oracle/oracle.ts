import { imageTagsId, listingImageId } from '../../../schemas/ids.js';
import { topics } from '../../../schemas/topics.js';
import type { Scheduler } from '../engine/scheduler.js';
import { recordsIn, type ProduceRequest } from '../kafka/apis.js';
import type { Call, KafkaClient } from '../kafka/connection.js';
import type { Group } from '../kafka/group.js';
import type { StoredRecord } from '../kafka/log.js';
import type { KafkaServer } from '../kafka/server.js';
import { imagesBucket, type Stores } from '../stores/sinks.js';
import { isTagged, type Photo } from '../world/photos.js';
import { laneName, simTopology } from '../world/topology.js';
import type { Settings } from '../world/settings.js';
import { Deliveries } from './deliveries.js';
import { groupsOf, type WorldGroup } from './groups.js';
import { originOf, Outcomes } from './outcomes.js';
import { RepeatBound } from './repeats.js';
import { resultOf } from './results.js';
import type { StoreCheck } from './store-check.js';
import { storeCheck } from './stored.js';

/** Longest time (ms) for which a consumer may read on after the broker has forgotten it. */
const zombieMs = 25_000;
const mostViolations = 10;

/** The world, as the oracle sees it. */
export interface Observed {
  readonly scheduler: Scheduler;
  readonly settings: Settings;
  readonly photos: readonly Photo[];
  readonly stores: Stores;
  readonly kafka: KafkaServer;
}

/** Watches the servers of a world, and reports what a world without faults would not do. */
export class Oracle {
  readonly violations: string[] = [];
  readonly groups: readonly WorldGroup[];
  readonly repeats = new RepeatBound();
  readonly #world: Observed;
  readonly #outcomes = new Outcomes();
  readonly #deliveries = new Deliveries();
  readonly #store: StoreCheck;
  readonly #photos: ReadonlyMap<string, Photo>;
  /** Records up to here are known to be finished, by group and partition. */
  readonly #checked = new Map<string, number>();

  constructor(world: Observed) {
    this.#world = world;
    const topology = simTopology(world.settings.lane, () => {
      throw new Error('no worker');
    });
    this.groups = groupsOf(topology, world.settings.sink);
    this.#store = storeCheck(world.settings.sink, world.stores);
    this.#photos = new Map(world.photos.map((photo) => [listingImageId(photo.event), photo]));
  }

  report(violation: string): void {
    this.#world.scheduler.trace.add(`VIOLATION ${violation}`);
    if (this.violations.length < mostViolations) this.violations.push(violation);
  }

  onAppend(record: StoredRecord): void {
    this.#outcomes.add(record);
  }

  onProduced(records: number): void {
    this.repeats.unacknowledged += records;
  }

  onAnswer({ api, request }: Call): void {
    if (api === 'produce') this.repeats.unacknowledged -= recordsIn((request as ProduceRequest).topicData);
  }

  /** No commit passes a record whose work is not finished. */
  onCommit(group: Group, { topic, partition, offset }: { topic: string; partition: number; offset: number }): void {
    const known = this.groups.find(({ name }) => name === group.name);
    if (known === undefined) return this.report(`the group ${group.name} is not known`);
    const log = this.#world.kafka.options.logs.partitionsOf(topic)[partition] ?? [];
    const key = `${group.name} ${topic}/${partition}`;
    if (offset > log.length) this.report(`${group.name} commits ${topic}/${partition}/${offset}, beyond the end`);
    for (let next = this.#checked.get(key) ?? 0; next < Math.min(offset, log.length); next += 1) {
      const record = log[next] as StoredRecord;
      if (!this.#isFinished(known, record))
        this.report(`${group.name} commits ${topic}/${partition}/${offset}, and ${next} is not finished`);
      this.#checked.set(key, next + 1);
    }
  }

  #isFinished({ kind, outputs, stores, returnTo }: WorldGroup, record: StoredRecord): boolean {
    switch (kind) {
      case 'sink':
        return this.#store.has(resultOf(record));
      case 'retry':
        return this.#outcomes.isReturned(record);
      case 'share':
        return this.#outcomes.isShared(record, outputs);
      case 'stage':
        if (this.#outcomes.isDiverted(record, returnTo)) return true;
        return this.#outcomes.isPassedOn(record, outputs) && (!stores || this.#isPhotoStored(record));
    }
  }

  #isPhotoStored(record: StoredRecord): boolean {
    const photo = this.#photos.get(originOf(record));
    return photo !== undefined && this.#world.stores.objects.get(imagesBucket, photo.content) !== undefined;
  }

  /** No consumer that the broker has forgotten reads on. */
  onFetch(client: KafkaClient, records: readonly StoredRecord[]): void {
    const { joined } = client;
    if (joined === undefined) return;
    const { scheduler, kafka } = this.#world;
    const group = kafka.group(joined.group);
    const isMember = group.has(joined.memberId);
    if (isMember) client.membership = `${joined.memberId} ${group.generation}`;
    // A worker cannot know at once that its session has ended. What it reads until then is its own, as far as it knows.
    if (client.owner) this.#deliveries.read(client.owner, group.name, client.membership, records);
    if (isMember) {
      client.outsideSince = undefined;
      this.repeats.beginGeneration(group, group.generation);
      for (const record of records) this.repeats.read(group, record);
      return;
    }
    this.repeats.readOutside(records.length);
    client.outsideSince ??= scheduler.now;
    if (scheduler.now - client.outsideSince > zombieMs && (client.owner?.frozenUntil ?? 0) < scheduler.now - zombieMs) {
      this.report(`${joined.memberId} reads for ${joined.group} without being a member`);
      client.outsideSince = Infinity;
    }
  }

  /** A worker begins an effect: no process works on for a record that was revoked. */
  onEffect(kind: 'stage' | 'sink', name: string): void {
    const { current } = this.#world.scheduler;
    const group = this.groups.find((one) => one.kind === kind && (kind === 'sink' || one.stores));
    if (current === undefined || group === undefined) return;
    if (this.#deliveries.isForeign(current, group.name, name))
      this.report(`${current.name} works on for ${name} of ${group.name}, which was revoked`);
  }

  /** Whether every group has committed everything that it reads. */
  get isDrained(): boolean {
    const { kafka } = this.#world;
    return this.groups.every((group) =>
      group.topics.every((topic) =>
        kafka.options.logs
          .partitionsOf(topic)
          .every(
            (log, partition) => log.length === (kafka.group(group.name).committed.get(`${topic}/${partition}`) ?? 0),
          ),
      ),
    );
  }

  describeLag(): string {
    const { kafka } = this.#world;
    const rows = this.groups.flatMap((group) =>
      group.topics.flatMap((topic) =>
        kafka.options.logs.partitionsOf(topic).map((log, partition) => {
          const lag = log.length - (kafka.group(group.name).committed.get(`${topic}/${partition}`) ?? 0);
          return lag === 0 ? '' : `${group.name} ${topic}/${partition}: ${lag}`;
        }),
      ),
    );
    return rows.filter((row) => row !== '').join(', ');
  }

  /** Compares the topics and the stores with those of a run without faults. */
  checkEnd(): void {
    const { logs } = this.#world.kafka.options;
    const results = logs.all(topics.imageTags(laneName)).map(resultOf);
    const tagged = new Set(results.map(({ id }) => id));
    const dead = new Set(logs.all(topics.deadLetters(laneName)).map(originOf));
    for (const [origin, photo] of this.#photos) {
      const { imageId } = photo.event;
      const id = imageTagsId({ imageId, contentSha256: photo.content, pipeline: 'sim-photo@1' });
      if (tagged.has(id) !== isTagged(photo))
        this.report(`${imageId} (${photo.course}) has ${tagged.has(id) ? 'a' : 'no'} result`);
      if (dead.has(origin) === isTagged(photo))
        this.report(`${imageId} (${photo.course}) has ${dead.has(origin) ? 'a' : 'no'} dead letter`);
      tagged.delete(id);
      dead.delete(origin);
    }
    for (const id of tagged) this.report(`the result ${id} follows from no photo`);
    for (const origin of dead) this.report(`the dead letter of ${origin} follows from no photo`);
    for (const difference of this.#store.differences(results)) this.report(difference);
    this.#checkRepeats();
  }

  #checkRepeats(): void {
    const { kafka } = this.#world;
    for (const group of this.groups) this.repeats.beginGeneration(kafka.group(group.name), Infinity);
    const counts = new Map<string, number>();
    for (const topic of [topics.imageTags(laneName), topics.deadLetters(laneName)]) {
      for (const record of kafka.options.logs.all(topic)) {
        const key = `${topic} ${originOf(record)}`;
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
    }
    const sent = new Map<string, number>();
    for (const { event } of this.#world.photos) {
      const origin = listingImageId(event);
      sent.set(origin, (sent.get(origin) ?? 0) + 1);
    }
    let repeats = 0;
    for (const [key, count] of counts) repeats += Math.max(0, count - (sent.get(key.split(' ')[1] ?? '') ?? 1));
    if (repeats > this.repeats.allowed)
      this.report(`${repeats} results and dead letters are repeated; ${this.repeats.allowed} were in flight`);
  }
}
