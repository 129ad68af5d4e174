import { createHash } from 'node:crypto';
import { html, raw } from 'hono/html';
import type { Content, JsonSchema, OpenApiDocument, OpenApiOperation, OpenApiResponse, Parameter } from './open-api.js';
import { fieldsOf, typeText } from './schema-text.js';

const style = `
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem; }
h2 { margin-top: 3rem; }
code, pre { font-family: ui-monospace, monospace; font-size: 0.9em; overflow-wrap: anywhere; }
pre { overflow-x: auto; padding: 0.75rem; border: 1px solid #8888; border-radius: 4px; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: 0.3rem 0.6rem 0.3rem 0; border-bottom: 1px solid #8885; }
`;

/** The hash that allows this style in a content security policy. */
export const styleHash = `sha256-${createHash('sha256').update(style).digest('base64')}`;

type Html = ReturnType<typeof html>;

/** An OpenAPI document as one HTML page without scripts. */
export function referencePage(document: OpenApiDocument): Html {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, operation })),
  );
  const schemas = Object.entries(document.components.schemas);
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${document.info.title}: reference</title>
        <style>
          ${raw(style)}
        </style>
      </head>
      <body>
        <header>
          <h1>${document.info.title}</h1>
          <p>${inline(document.info.description)}</p>
          <p>For programs: <a href="/openapi.json">OpenAPI ${document.openapi}</a>.</p>
        </header>
        <nav aria-label="Contents">
          <ul>
            ${operations.map(
              ({ name, operation }) =>
                html`<li>
                  <a href="#${operation.operationId}"><code>${name}</code></a> ${inline(operation.summary)}
                </li>`,
            )}
            <li>Shapes: ${schemas.map(([name]) => html`<a href="#shape-${name}">${name}</a> `)}</li>
          </ul>
        </nav>
        <main>
          ${operations.map(({ name, operation }) => operationSection(name, operation))}
          ${schemas.map(
            ([name, schema]) =>
              html`<section id="shape-${name}">
                <h2>${name}</h2>
                ${schemaTable(name, schema)}
              </section>`,
          )}
        </main>
      </body>
    </html> `;
}

function operationSection(name: string, operation: OpenApiOperation): Html {
  const { operationId, summary, description, security, parameters, requestBody, responses } = operation;
  const scopes = security.flatMap(({ bearer = [] }) => bearer);
  return html`<section id="${operationId}">
    <h2><code>${name}</code></h2>
    <p>${inline(summary)}</p>
    ${(description ?? '')
      .split('\n\n')
      .filter((text) => text !== '')
      .map((text) => html`<p>${inline(text)}</p>`)}
    <p>
      ${scopes.length === 0 ? 'Needs no key.' : html`Needs a key with the scope ${scopes.map((scope) => html`<code>${scope}</code> `)}`}
    </p>
    <h3>Parameters</h3>
    ${parameterTable(name, parameters)}
    ${
      requestBody === undefined
        ? ''
        : html`<h3>Body</h3>
            ${Object.entries(requestBody.content).map(([type, content]) => contentBlock(type, content))}`
    }
    <h3>Answers</h3>
    ${Object.entries(responses).map(([status, response]) => responseBlock(status, response))}
  </section> `;
}

function parameterTable(operation: string, parameters: readonly Parameter[]): Html {
  return table(
    `Parameters of ${operation}`,
    ['name', 'in', 'type', 'meaning'],
    parameters.map((parameter) => [
      html`<code>${parameter.name}</code>${parameter.required ? ' (required)' : ''}`,
      parameter.in,
      typeText(parameter.schema),
      inline(parameter.description ?? ''),
    ]),
  );
}

function responseBlock(status: string, { description, content }: OpenApiResponse): Html {
  const problem = content['application/problem+json'];
  if (problem === undefined)
    return html`<h4>${status}</h4>
      <p>${description}</p>
      ${Object.entries(content).map(([type, each]) => contentBlock(type, each))}`;
  const codes = Object.keys(problem.examples ?? {});
  return html`<h4>${status}</h4>
    <p>
      A <a href="#shape-Problem">Problem</a>:
      ${codes.map((code) => html`<a href="/problems/${code}"><code>${code}</code></a> `)}
    </p>`;
}

function contentBlock(type: string, { schema, examples = {} }: Content): Html {
  const note = typeof schema['description'] === 'string' ? schema['description'] : undefined;
  const shapes = referencesOf(schema);
  const said =
    note ??
    (shapes.length === 0
      ? typeText(schema)
      : html`${shapes.map((shape) => html`<a href="#shape-${shape}">${shape}</a> `)}`);
  return html`<p><code>${type}</code>: ${said}</p>
    ${Object.values(examples).map(({ value }) => html`<pre tabindex="0">${JSON.stringify(value, null, 2)}</pre>`)}`;
}

function referencesOf({ $ref, anyOf }: JsonSchema): string[] {
  if (typeof $ref === 'string') return [$ref.split('/').at(-1) ?? $ref];
  return Array.isArray(anyOf) ? anyOf.flatMap((each: JsonSchema) => referencesOf(each)) : [];
}

function schemaTable(name: string, schema: JsonSchema): Html {
  const rows = fieldsOf(schema).map(({ path, type, required, about }) => [
    html`<code>${path}</code>${required ? '' : ' (optional)'}`,
    type,
    inline(about),
  ]);
  return rows.length === 0
    ? html`<p>${typeText(schema)}</p>`
    : table(`Fields of ${name}`, ['field', 'type', 'meaning'], rows);
}

function table(label: string, head: readonly string[], rows: readonly (readonly (string | Html)[])[]): Html {
  return html`<table aria-label="${label}">
    <thead>
      <tr>
        ${head.map((title) => html`<th scope="col">${title}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        (cells) =>
          html`<tr>
            ${cells.map((cell) => html`<td>${cell}</td>`)}
          </tr>`,
      )}
    </tbody>
  </table>`;
}

/** Renders code spans, the only Markdown that descriptions use. */
function inline(text: string): Html {
  return html`${text.split('`').map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : part))}`;
}
