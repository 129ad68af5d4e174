import { describe, expect, it } from 'vitest';
import type { JobResult } from '../../../schemas/jobs.js';
import { startedAt, type gatewayHarness } from '../harness.js';
import { harnessWith } from './jobs-support.js';

describe('GET /v1/jobs/{id}/results', () => {
  async function readAll(harness: ReturnType<typeof gatewayHarness>, first: string) {
    const pages: number[][] = [];
    for (let next: string | undefined = first; next !== undefined;) {
      const response = await harness.app.request(next);
      const text = await response.text();
      pages.push(
        text
          .split('\n')
          .filter((each) => each !== '')
          .map((each) => (JSON.parse(each) as JobResult).item),
      );
      next = /^<(.+)>; rel="next"$/.exec(response.headers.get('link') ?? '')?.[1];
    }
    return pages;
  }

  it('pages through parts, omits repeated lines, and ends with the job', async () => {
    const { harness, path, id } = harnessWith();
    harness.jobs.addPart(id, [0, 1, 2, 3]);
    harness.jobs.addPart(id, [3, 4, -5], [0]);
    harness.jobs.addPart(id, [6]);
    harness.jobs.change(id, { finishedAt: startedAt });
    expect(await readAll(harness, `${path}/results?limit=3`)).toEqual([[0, 1, 2], [3, 4, 5], [6]]);
    expect(await readAll(harness, `${path}/results`)).toEqual([[0, 1, 2, 3, 4, 5, 6]]);
  });

  it('returns an empty page with a link to the next one while results are missing', async () => {
    const { harness, path, id } = harnessWith();
    const first = await harness.app.request(`${path}/results`);
    expect([await first.text(), first.headers.get('link')]).toEqual([
      '',
      `<${path}/results?cursor=0.0&limit=1000>; rel="next"`,
    ]);
    harness.jobs.addPart(id, [0]);
    const second = await harness.app.request(`${path}/results?cursor=0.0`);
    expect([((await second.text()).match(/\n/g) ?? []).length, second.headers.get('link')]).toEqual([
      1,
      `<${path}/results?cursor=1.0&limit=1000>; rel="next"`,
    ]);
  });

  it.each(['cursor=x', 'cursor=1', 'limit=0', 'limit=5001', 'limit=a', 'page=2'])('refuses ?%s', async (query) => {
    const { harness, path } = harnessWith();
    expect((await harness.app.request(`${path}/results?${query}`)).status).toBe(400);
  });
});
