import { describeOpenApi } from '../openapi/document.js';
import { referencePage, styleHash } from '../openapi/reference-page.js';
import type { Route } from '../route.js';
import type { Api } from '../openapi/api.js';

/** `GET /docs`: the OpenAPI document as one self-contained page for people. */
export function referenceRoute(api: () => Api): Route {
  let page: ReturnType<typeof referencePage> | undefined;
  return {
    method: 'GET',
    path: '/docs',
    id: 'getReference',
    about: 'This interface as a page for people.',
    scope: null,
    answers: { 200: { about: 'The page.', mediaType: 'text/html' } },
    problems: [],
    handle(context) {
      page ??= referencePage(describeOpenApi(api()));
      return context.html(page, 200, {
        'content-security-policy': `default-src 'none'; style-src '${styleHash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
      });
    },
  };
}
