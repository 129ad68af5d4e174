import { createMemoryCodec } from '../../../runtime/memory/memory-codec.js';
import { listingImageMessage } from '../../../runtime/records/listing-image.js';
import { FanlightError } from '../../../schemas/failure.js';
import { topics } from '../../../schemas/topics.js';
import type { ImageTags } from '../../../schemas/events.js';
import type { Sink } from '../../../sinks/sink.js';
import { topicSpecs } from '../../../topology/topics.js';
import { Network } from '../engine/network.js';
import { Scheduler } from '../engine/scheduler.js';
import { enterSimulation } from '../engine/virtual-system.js';
import { Logs, type NewRecord } from '../kafka/log.js';
import { KafkaServer } from '../kafka/server.js';
import { Oracle, type Observed } from '../oracle/oracle.js';
import { RedisPhotos } from '../stores/redis-photos.js';
import { S3Objects } from '../stores/s3-objects.js';
import { createSimSink, imagesBucket, type Stores } from '../stores/sinks.js';
import { SolrPhotos } from '../stores/solr-photos.js';
import { StoreServer } from '../stores/store-server.js';
import { PhotoHost } from './photo-host.js';
import type { Photo } from './photos.js';
import { randomOf, type Plan } from './plan.js';
import type { Settings } from './settings.js';
import type { Surroundings } from './surroundings.js';
import { laneName, simTopology, type SimImages } from './topology.js';
import { Machine } from './worker.js';

/** Servers, machines and photos of one seed. */
export class World implements Surroundings, Observed {
  readonly settings: Settings;
  readonly photos: readonly Photo[];
  readonly scheduler: Scheduler;
  readonly network: Network;
  readonly kafka: KafkaServer;
  readonly store: StoreServer;
  readonly stores: Stores = { objects: new S3Objects(), redis: new RedisPhotos(), solr: new SolrPhotos() };
  readonly host: PhotoHost;
  readonly machines: readonly Machine[];
  readonly oracle: Oracle;
  readonly images: SimImages;
  /** Undefined: the log of the workers is dropped. */
  readonly log: ((line: string) => void) | undefined;

  constructor({ seed, settings, photos }: Plan, keepLines: boolean) {
    this.settings = settings;
    this.photos = photos;
    this.host = new PhotoHost(this.photos, (id) => this.oracle.onEffect('stage', id));
    this.scheduler = new Scheduler(keepLines);
    this.log = keepLines ? (line) => this.scheduler.trace.add(line) : undefined;
    this.network = new Network(randomOf(seed, 'network'));
    this.store = new StoreServer(this.scheduler, this.network);
    this.oracle = new Oracle(this);
    this.kafka = new KafkaServer({
      scheduler: this.scheduler,
      network: this.network,
      random: randomOf(seed, 'broker'),
      logs: new Logs(this.#topics(), (record) => this.oracle.onAppend(record)),
      recordsPerFetch: this.settings.recordsPerFetch,
      onCommit: (group, topic, partition, offset) => this.oracle.onCommit(group, { topic, partition, offset }),
      onFetch: (client, records) => this.oracle.onFetch(client, records),
      onProduced: (records) => this.oracle.onProduced(records),
      onAnswer: (call) => this.oracle.onAnswer(call),
    });
    this.images = { put: (key, bytes) => this.#putImage(key, bytes) };
    this.machines = this.settings.machines.map(
      (machine) => new Machine(this, { ...machine, random: randomOf(seed, machine.name) }),
    );
    enterSimulation({ scheduler: this.scheduler, random: randomOf(seed, 'system'), kafka: this.kafka });
  }

  createSink = (): Sink<ImageTags> =>
    createSimSink(this.settings.sink, {
      server: this.store,
      stores: this.stores,
      onWrite: (name) => this.oracle.onEffect('sink', name),
    });

  /** A worker has stopped itself. */
  onFailure(name: string, error: unknown): void {
    this.oracle.report(`${name} failed: ${error instanceof Error ? error.message : String(error)}`);
  }

  /** Starts all machines, and sends the photos. */
  async start(): Promise<void> {
    const events = await Promise.all(this.photos.map((photo) => this.#eventOf(photo)));
    for (const { sentAfterMs, partition, record } of events)
      this.scheduler.after(sentAfterMs, undefined, () => this.#send(partition, record));
    for (const machine of this.machines) machine.start();
  }

  async #eventOf({ event, sentAfterMs, skewMs }: Photo) {
    const now = this.scheduler.now + sentAfterMs + skewMs;
    const source = '/simulation';
    const options = { lane: laneName, codec: createMemoryCodec(), now, source, traceparent: '00-0-0-00' } as const;
    const { key, value, headers } = await listingImageMessage(event, options);
    const partition = Number(event.listingId.split('-')[1]) % this.settings.lane.partitions;
    return { sentAfterMs, partition, record: { key, value, headers, timestamp: now } };
  }

  /** Producers outside of Fanlight are not under test: their records always arrive. */
  #send(partition: number, record: NewRecord): void {
    this.kafka.write(topics.listingImages(laneName), partition, record);
  }

  #topics(): ReadonlyMap<string, number> {
    const topology = simTopology(this.settings.lane, () => {
      throw new Error('no worker');
    });
    return new Map(topicSpecs(topology).map(({ name, partitions }) => [name, partitions]));
  }

  async #putImage(key: string, bytes: Uint8Array): Promise<void> {
    const put = () => this.stores.objects.run('PutObjectCommand', { Bucket: imagesBucket, Key: key, Body: bytes });
    try {
      await this.store.request(`image ${key.slice(0, 6)}`, put);
    } catch (cause) {
      const message = 'The image store cannot be reached.';
      throw new FanlightError({ code: 'store-unavailable', message, remedy: 'None: it is a simulation.', cause });
    }
  }
}
