import { describe, expect, it } from 'vitest';
import { checkGroups } from '../../local/group-check.js';
import { FanlightError } from '../../schemas/failure.js';

const group = (name: string, workers: number) => ({ group: name, lag: 0, workers });

describe('the check of consumer groups', () => {
  it('passes when each group has a worker', async () => {
    expect(await checkGroups(() => Promise.resolve([group('a', 1), group('b', 2)]))).toEqual({
      id: 'groups',
      status: 'ok',
      message: 'Each of the 2 consumer groups has a worker.',
    });
  });

  it('fails with the names of the groups that no worker reads', async () => {
    const check = await checkGroups(() => Promise.resolve([group('a', 0), group('b', 1), group('c', 0)]));
    expect(check.status).toBe('failed');
    expect(check.message).toMatch(/^No worker reads a, c: /);
  });

  it('fails with one sentence and a remedy when no broker answers', async () => {
    const away = new FanlightError({ code: 'host-unreachable', message: 'No broker answers.', remedy: 'Start one.' });
    expect(await checkGroups(() => Promise.reject(away))).toEqual({
      id: 'groups',
      status: 'failed',
      message: 'No broker answers. Start one.',
    });
  });
});
