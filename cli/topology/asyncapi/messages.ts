import { eventTypes, headers } from '../../../schemas/headers.js';
import type { AsyncApiSources } from './sources.js';

/** The messages of the public topics, by name of the component. */
export function messages({ schemas }: AsyncApiSources): object {
  const avro = (schema: object) => ({ schemaFormat: 'application/vnd.apache.avro;version=1.9.0', schema });
  const key = { type: 'string', description: 'listingId, UTF-8. Partitioned by murmur2, as by the Java client.' };
  const wire = {
    schemaIdLocation: 'payload',
    schemaIdPayloadEncoding: 'confluent',
    schemaLookupStrategy: 'TopicNameStrategy',
  };
  const bindings = { kafka: { key, ...wire, bindingVersion: '0.5.0' } };
  const header = (name: string) => ({ $ref: `#/components/schemas/${name}` });
  const correlationId = {
    description: 'The ce_id of the listing-image event.',
    location: `$message.header#/${headers.origin}`,
  };
  return {
    listingImage: {
      name: eventTypes.listingImage,
      title: 'Listing-image event',
      contentType: 'application/avro',
      headers: header('listingImageHeaders'),
      payload: avro(schemas['listing-image']),
      bindings,
    },
    imageTags: {
      name: eventTypes.imageTags,
      title: 'Tag result',
      contentType: 'application/avro',
      headers: header('imageTagsHeaders'),
      correlationId,
      payload: avro(schemas['image-tags']),
      bindings,
    },
    deadLetter: {
      name: 'fanlight.dead-letter',
      title: 'Dead letter',
      description:
        'Key, value and headers of the original record, and the reason in additional headers. The schema id in the value names the schema of the writer; a record that violates the wire format has none.',
      headers: header('deadLetterHeaders'),
      correlationId,
      bindings,
    },
    replayMarker: {
      name: 'fanlight.replay-marker',
      title: 'Replay marker',
      description: 'Marks a dead letter that was sent back to its topic. The marker has no value.',
      headers: header('replayMarkerHeaders'),
      payload: { type: 'null' },
      bindings: { kafka: { key, bindingVersion: '0.5.0' } },
    },
  };
}
