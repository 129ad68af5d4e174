import { Pool } from 'undici';
import { z } from 'zod';
import { boundedRequest } from '../../adapters/stores/bounded-request.js';
import { misconfigured, unavailable } from '../../adapters/stores/failures.js';
import type { SolrSinkConfig } from './config.js';
import type { ResultVersion } from '../result-order.js';
import { photoResultId, pipelineFields } from './field-names.js';
import type { HeldPhoto, SolrUpdate } from './request.js';

/** Outcome of an update request. */
export type UpdateOutcome =
  /** Ids of the updated photos. The others had another version than the requested one. */
  | { readonly refused: false; readonly applied: ReadonlySet<string> }
  /** Solr refuses a document for its content. Documents before it in the request may have been updated. */
  | { readonly refused: true; readonly why: string };

/** Sends requests to one core. Throws only `FanlightError`s. No request begins after the signal has aborted. */
export interface SolrService {
  open(): Promise<void>;
  /** Returns the photos that the index holds, including uncommitted updates, with their results of the pipelines. */
  read(
    ids: readonly string[],
    pipelines: ReadonlySet<string>,
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<string, HeldPhoto>>;
  update(updates: readonly SolrUpdate[], signal?: AbortSignal): Promise<UpdateOutcome>;
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

const document = z.looseObject({ id: z.string(), _version_: z.string() });
const readAnswer = z.object({
  doc: document.nullish(),
  response: z.object({ docs: z.array(document) }).optional(),
});
const updateAnswer = z.object({ adds: z.array(z.union([z.string(), z.number()])).default([]) });
const errorAnswer = z.object({ error: z.object({ msg: z.string() }) });
const named = z.array(z.looseObject({ name: z.string() }));
const schemaAnswer = z.object({ schema: z.object({ fields: named, dynamicFields: named }) });

const neededFields = [
  ...['listingId', 'url', 'contentSha256', 'format', 'width', 'height', 'eventTime', 'taggedAt'],
  ...['tags', 'roomType', 'scores'],
];
const neededDynamicFields = ['tags_*', 'scores_*', 'roomType_*', '*_s', '*_ss', '*_f', '*_dt'];

export function createSolrService(config: SolrSinkConfig): SolrService {
  const core = new URL(config.url);
  const store = `Solr core ${core.host}${core.pathname}`;
  const basePath = core.pathname.replace(/\/$/, '');
  const pool = new Pool(core.origin, {
    connections: 2,
    connectTimeout: 2_000,
    headersTimeout: config.timeoutMs,
    bodyTimeout: config.timeoutMs,
    keepAliveTimeout: 30_000,
  });
  const authorization =
    core.username === ''
      ? {}
      : {
          authorization: `Basic ${Buffer.from(decodeURIComponent(`${core.username}:${core.password}`)).toString('base64')}`,
        };

  /** Sends `body` as JSON. Returns a status below 500 and the body of the answer. */
  async function call(path: string, body?: unknown, signal?: AbortSignal): Promise<Answer> {
    const { status, text } = await boundedRequest(config.timeoutMs, signal, async (bound) => {
      const { statusCode, body: received } = await pool.request({
        path: basePath + path,
        method: body === undefined ? 'GET' : 'POST',
        headers: { ...authorization, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        body: body === undefined ? null : JSON.stringify(body),
        signal: bound,
      });
      return { status: statusCode, text: await received.text() };
    }).catch((thrown: unknown) => {
      throw unavailable(store, 'cannot be reached', thrown);
    });
    if (status >= 500 || status === 408 || status === 429)
      throw unavailable(store, `answers ${status}`, messageOf(text));
    if (status === 404)
      throw misconfigured(store, 'it does not exist', 'Create the core from local/servers/solr/configset.');
    if (status === 401 || status === 403)
      throw misconfigured(store, 'access is denied', 'Check user and password in the URL.');
    return { status, text };
  }

  /** For requests without the content of records: any refusal is a wrong configuration. */
  async function ask<Shape extends z.ZodType>(
    answer: Shape,
    path: string,
    body?: unknown,
    signal?: AbortSignal,
  ): Promise<z.output<Shape>> {
    const { status, text } = await call(path, body, signal);
    if (status !== 200)
      throw misconfigured(store, `${path} answers ${status}, ${messageOf(text)}`, 'Check core and configset.');
    return parse(answer, text);
  }

  function parse<Shape extends z.ZodType>(answer: Shape, text: string): z.output<Shape> {
    try {
      return answer.parse(JSON.parse(quoteVersions(text)));
    } catch (thrown) {
      throw unavailable(store, 'gives an answer that is not understood', thrown);
    }
  }

  return {
    async open() {
      const { schema } = await ask(schemaAnswer, '/schema');
      const fields = new Set(schema.fields.map(({ name }) => name));
      const dynamicFields = new Set(schema.dynamicFields.map(({ name }) => name));
      const missing = [
        ...neededFields.filter((name) => !fields.has(name)),
        ...neededDynamicFields.filter((name) => !dynamicFields.has(name)),
      ];
      if (missing.length === 0) return;
      throw misconfigured(store, `its schema lacks ${missing.join(', ')}`, 'Use local/servers/solr/configset.');
    },

    async read(ids, pipelines, signal) {
      const ofPipelines = [...pipelines]
        .map(pipelineFields)
        .flatMap(({ eventTime, resultId }) => [eventTime, resultId]);
      const fl = ['id', '_version_', 'eventTime', photoResultId, ...ofPipelines].join(',');
      // `id` is repeated, because Solr splits `ids` at commas.
      const answer = await ask(readAnswer, '/get?indent=off', { params: { id: ids, fl } }, signal);
      const documents = answer.response?.docs ?? (answer.doc === null || answer.doc === undefined ? [] : [answer.doc]);
      return new Map(documents.map((found) => [found.id, heldPhoto(found, pipelines)]));
    },

    async update(updates, signal) {
      const options = `commitWithin=${config.commitWithinMs}&versions=true&failOnVersionConflicts=false&indent=off`;
      const { status, text } = await call(`/update?${options}`, updates, signal);
      if (status !== 200) return { refused: true, why: messageOf(text) };
      const { adds } = parse(updateAnswer, text);
      // `adds` alternates: id, version, id, version, ….
      return { refused: false, applied: new Set(adds.filter((_, index) => index % 2 === 0).map(String)) };
    },

    async close() {
      if (!pool.closed) await pool.close();
    },
  };
}

/** Turns 64-bit versions into text. It changes no JSON string, because a quote inside a string is escaped. */
function quoteVersions(json: string): string {
  return json.replace(/"_version_":\s*(-?\d+)/g, '"_version_":"$1"');
}

function heldPhoto(found: z.output<typeof document>, pipelines: ReadonlySet<string>): HeldPhoto {
  const held = [...pipelines].flatMap((pipeline) => {
    const { eventTime, resultId } = pipelineFields(pipeline);
    const version = versionIn(found, eventTime, resultId);
    return version === undefined ? [] : [[eventTime, version] as const];
  });
  return {
    version: found._version_,
    newest: versionIn(found, 'eventTime', photoResultId),
    pipelines: new Map(held),
  };
}

/** A result of an earlier release has no id: any other result of the same time counts as newer. */
function versionIn(found: z.output<typeof document>, timeField: string, idField: string): ResultVersion | undefined {
  const { [timeField]: time, [idField]: id = '' } = found;
  return typeof time === 'string' ? { eventTime: Date.parse(time), id: String(id) } : undefined;
}

function messageOf(text: string): string {
  try {
    return errorAnswer.parse(JSON.parse(text)).error.msg;
  } catch {
    // Another server answered, such as a proxy. The beginning of its page serves as the message.
    return text.slice(0, 200);
  }
}
