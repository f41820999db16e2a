import { expect, test } from '@jest/globals';
import { assertLoopback, baseUrlOf, datadogSites, logIntakeOf } from '../../datadog/sites.ts';

test('each of the nine sites has its API under its own name', () => {
  const sites = Object.entries(datadogSites);
  expect(sites).toHaveLength(9);
  for (const [site, url] of sites) {
    expect(url).toBe(`https://api.${site}`);
    expect(baseUrlOf(site)).toBe(url);
  }
});

test('logs go to the intake of the same site, or to the same simulator', () => {
  for (const [site, url] of Object.entries(datadogSites))
    expect(logIntakeOf(url)).toBe(`https://http-intake.logs.${site}`);
  expect(logIntakeOf('http://127.0.0.1:8126')).toBe('http://127.0.0.1:8126');
});

test.each(['', 'example.com', 'api.datadoghq.com', 'https://api.datadoghq.eu', 'DATADOGHQ.COM', 'toString'])(
  'a key is never sent to the site %j',
  (site) => {
    expect(() => baseUrlOf(site)).toThrow('DD_SITE');
  },
);

test.each([
  'http://127.0.0.1:8126',
  'http://localhost:1',
  'http://[::1]:8126',
  'https://127.0.0.1',
  'http://127.9.9.9:80/',
])('a simulator may be at %s', (url) => {
  expect(() => assertLoopback(url)).not.toThrow();
});

test.each([
  'http://example.com',
  'http://127.0.0.1.example.com',
  'http://localhost.example.com',
  'http://127.0.0.1@example.com',
  'http://user@127.0.0.1',
  'http://user:secret@127.0.0.1',
  'http://0.0.0.0:80',
  'http://10.0.0.1',
  'ftp://127.0.0.1',
  'file:///etc/passwd',
  '127.0.0.1:8126',
  '',
])('a simulator is never at %j', (url) => {
  expect(() => assertLoopback(url)).toThrow('MUSTER_DATADOG_URL');
});
