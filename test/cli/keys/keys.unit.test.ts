import pc from 'picocolors';
import { describe, expect, it } from 'vitest';
import { clientsTable, limitsText } from '../../../cli/keys/client-table.js';
import { changed } from '../../../cli/keys/keys.js';
import { parseDuration, parseRate } from '../../../cli/commands/keys.js';
import type { Client } from '../../../http/clients/client.js';

const client: Client = {
  name: 'shop',
  scopes: ['tag'],
  limits: { rate: { perSecond: 20, burst: 20 }, concurrency: null, imagesPerDay: 100 },
  createdAt: 0,
};

describe('parseRate', () => {
  it.each([
    ['20/s', { perSecond: 20, burst: 20 }],
    ['20/s:100', { perSecond: 20, burst: 100 }],
    ['2.5/s', { perSecond: 2.5, burst: 3 }],
    ['30/m', { perSecond: 0.5, burst: 1 }],
    ['30/m:30', { perSecond: 0.5, burst: 30 }],
  ])('parses %s', (text, rate) => {
    expect(parseRate(text)).toEqual(rate);
  });

  it.each(['', '20', '0/s', '-1/s', '20/h', '20/s:19', '20/s:', '30/m:0', '1e3/s'])('rejects %j', (text) => {
    expect(() => parseRate(text)).toThrow('Expected a rate');
  });
});

describe('parseDuration', () => {
  it.each([
    ['90m', 5_400_000],
    ['12h', 43_200_000],
    ['30d', 2_592_000_000],
  ])('parses %s', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each(['', '30', '0d', '1w', '1.5d', '-1d'])('rejects %j', (text) => {
    expect(() => parseDuration(text)).toThrow('Expected a time');
  });
});

describe('scopes and limits of a client', () => {
  it('changes only the options that are given', () => {
    expect(changed(client, {})).toEqual(client);
    expect(changed(client, { scope: ['jobs'], rate: 'none', concurrency: 4 })).toEqual({
      ...client,
      scopes: ['jobs'],
      limits: { rate: null, concurrency: 4, imagesPerDay: 100 },
    });
  });

  it('describes limits in words', () => {
    expect(limitsText(client.limits)).toBe('20 requests per second (burst 20), 100 images per day');
    expect(limitsText({ rate: null, concurrency: null, imagesPerDay: null })).toBe('no limits');
  });

  it('lists a client with its keys and their states', () => {
    const key = { client: 'shop', createdAt: 0, expiresAt: null, revokedAt: null };
    const now = Date.UTC(2026, 0, 2);
    const keys = [
      { ...key, id: '00000000000a' },
      { ...key, id: '00000000000b', expiresAt: now + 60_000 },
      { ...key, id: '00000000000c', expiresAt: now },
      { ...key, id: '00000000000d', expiresAt: now, revokedAt: 0 },
    ];
    const table = clientsTable([{ ...client, keys }], { now, colours: pc.createColors(false) });
    expect(
      table
        .split('\n')
        .filter((line) => line.includes('00000'))
        .map((line) =>
          line
            .split('│')
            .slice(1, -1)
            .map((cell) => cell.trim()),
        ),
    ).toEqual([
      ['shop', 'tag', '20 requests per second (burst 20)', '00000000000a  valid'],
      ['', '', '100 images per day', '00000000000b  valid until 2026-01-02 00:01Z'],
      ['', '', '', '00000000000c  expired 2026-01-02 00:00Z'],
      ['', '', '', '00000000000d  revoked 1970-01-01 00:00Z'],
    ]);
  });
});
