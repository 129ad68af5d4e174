import { describe, expect, it } from 'vitest';
import { browserAccess } from '../../../processes/gateway/browser-access.js';
import { readConfig } from '../../../processes/config.js';

const servers = { FANLIGHT_KAFKA_BROKERS: 'localhost:9092', FANLIGHT_REGISTRY_URL: 'http://localhost:8081' };
const read = (environment: Readonly<Record<string, string>>) => readConfig({ ...servers, ...environment });
const open = { FANLIGHT_GATEWAY_AUTH: 'off' };
const host = (text: string) => ({ FANLIGHT_HTTP_HOST: text });
const listed = (text: string) => ({ FANLIGHT_HTTP_ALLOWED_HOSTS: text });
const pages = (text: string) => ({ FANLIGHT_HTTP_ALLOWED_ORIGINS: text });

const local = (...names: string[]) => ({ addresses: 'loopback', privateNames: false, names: ['localhost', ...names] });
const anywhere = (...names: string[]) => ({ addresses: 'any', privateNames: false, names: ['localhost', ...names] });
const container = (...names: string[]) => ({ ...anywhere(...names), privateNames: true });

describe('the allowed hosts of a gateway', () => {
  it.each([
    ['on loopback with keys', {}, local('127.0.0.1')],
    ['on loopback without keys', open, local('127.0.0.1')],
    ['on another loopback address', { ...open, ...host('127.0.0.9') }, local('127.0.0.9')],
    ['on loopback by IPv6', { ...open, ...host('::1') }, local('[::1]')],
    ['on loopback by IPv4 in IPv6', { ...open, ...host('::ffff:127.0.0.1') }, local('[::ffff:7f00:1]')],
    ['on loopback by name', { ...open, ...host('localhost') }, local()],
    ['on loopback, with names', listed('a.example, .B.example'), local('127.0.0.1', 'a.example', '.b.example')],
    ['on loopback, with any name', { ...open, ...listed('*') }, undefined],
    ['everywhere with keys', host('0.0.0.0'), undefined],
    ['everywhere with keys and names', { ...host('::'), ...listed('a.example') }, anywhere('[::]', 'a.example')],
    ['everywhere with keys and any name', { ...host('0.0.0.0'), ...listed('a.example,*') }, undefined],
    ['everywhere without keys', { ...open, ...host('0.0.0.0') }, container('0.0.0.0')],
    ['everywhere by IPv6 without keys', { ...open, ...host('::') }, container('[::]')],
    ['everywhere without keys, with names', { ...open, ...host('::'), ...listed('tags') }, anywhere('[::]', 'tags')],
    ['on a name without keys', { ...open, ...host('Photos.example.com') }, container('photos.example.com')],
  ])('%s', (_name, environment, expected) => {
    expect(browserAccess(read(environment)).allowedHosts).toEqual(expected);
  });
});

describe('the allowed origins of a gateway', () => {
  it.each([
    ['are none by default', {}, []],
    [
      'are those listed',
      pages('https://A.example, http://localhost:3000'),
      ['https://a.example', 'http://localhost:3000'],
    ],
    ['are those listed, also without keys', { ...open, ...pages('https://a.example') }, ['https://a.example']],
    ['may be all of them with keys', pages('*'), ['*']],
  ])('%s', (_name, environment, expected) => {
    expect(browserAccess(read(environment)).allowedOrigins).toEqual(expected);
  });
});

const expectedHosts = 'expected *, or names such as api.example.com or .example.com, without ports';
const expectedOrigins = 'expected *, or origins such as https://app.example.com';

describe('readConfig refuses', () => {
  it.each([
    [
      'all origins without keys',
      { ...open, ...pages('*') },
      '_ORIGINS: * is for gateways with FANLIGHT_GATEWAY_AUTH=keys',
    ],
    ['an origin with a path', pages('https://a.example/b'), `_ORIGINS: ${expectedOrigins}, not https://a.example/b`],
    ['a host with a port', listed('a.example:80'), `_HOSTS: ${expectedHosts}, not a.example:80`],
    [
      'a URL in place of a host',
      listed('b.example,https://a.example'),
      `_HOSTS: ${expectedHosts}, not https://a.example`,
    ],
  ])('%s', (_name, environment, problem) => {
    const message = `The environment cannot be used: FANLIGHT_HTTP_ALLOWED${problem}.`;
    const refusal = expect.objectContaining({ code: 'invalid-configuration', message }) as Error;
    expect(() => read(environment)).toThrow(refusal);
  });
});
