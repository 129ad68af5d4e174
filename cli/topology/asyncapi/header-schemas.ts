import { batchHeaders, errorHeaders, eventTypes, headers, omittedHeaders } from '../../../schemas/headers.js';
import {
  batchHeaderRules,
  errorHeaderRules,
  headerRules,
  omittedHeaderRules,
  type HeaderRule,
} from './header-rules.js';

const hexId = { pattern: '^[0-9a-f]{32}$' };

/** JSON Schemas of the headers, by name of the component. */
export function headerSchemas(): object {
  const entries = Object.entries(headerRules) as [keyof typeof headers, HeaderRule][];
  const property = ([field, { about, schema }]: (typeof entries)[number]) => [
    headers[field],
    { type: 'string', description: about, ...schema },
  ];
  const properties = (kind: 'event' | 'result') =>
    Object.fromEntries(entries.filter(([, rule]) => rule[kind] !== 'never').map(property)) as Record<string, object>;
  const required = entries.filter(([, { result }]) => result === 'always').map(([field]) => headers[field]);
  const errors = Object.entries(errorHeaderRules) as [keyof typeof errorHeaders, string][];
  const omitted = Object.entries(omittedHeaderRules) as [keyof typeof omittedHeaders, string][];
  const batch = Object.entries(batchHeaderRules) as [keyof typeof batchHeaders, string][];
  const typed = (type: string, id: object = hexId) => ({
    [headers.ceType]: { type: 'string', const: type, description: headerRules.ceType.about },
    [headers.ceId]: { type: 'string', description: headerRules.ceId.about, ...id },
  });
  return {
    listingImageHeaders: {
      type: 'object',
      properties: { ...properties('event'), ...typed(eventTypes.listingImage, {}) },
    },
    imageTagsHeaders: {
      type: 'object',
      required,
      properties: { ...properties('result'), ...typed(eventTypes.imageTags) },
    },
    deadLetterHeaders: {
      type: 'object',
      description: 'In addition, the headers of the original record.',
      required: [headers.origin, ...errors.map(([field]) => errorHeaders[field])],
      properties: Object.fromEntries([
        property(['origin', headerRules.origin]),
        property(['attempt', headerRules.attempt]),
        ...errors.map(([field, description]) => [errorHeaders[field], { type: 'string', description }]),
        ...omitted.map(([field, description]) => [omittedHeaders[field], { type: 'string', description }]),
        ...batch.map(([field, description]) => [batchHeaders[field], { type: 'string', description }]),
      ]) as Record<string, object>,
    },
    replayMarkerHeaders: {
      type: 'object',
      required: [headers.replayed],
      properties: Object.fromEntries([property(['replayed', headerRules.replayed])]) as Record<string, object>,
    },
  };
}
