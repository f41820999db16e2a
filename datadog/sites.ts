/** Datadog's nine sites with the base of their API. No other host is ever sent a key. */
export const datadogSites = {
  'datadoghq.com': 'https://api.datadoghq.com',
  'us3.datadoghq.com': 'https://api.us3.datadoghq.com',
  'us5.datadoghq.com': 'https://api.us5.datadoghq.com',
  'datadoghq.eu': 'https://api.datadoghq.eu',
  'ap1.datadoghq.com': 'https://api.ap1.datadoghq.com',
  'ap2.datadoghq.com': 'https://api.ap2.datadoghq.com',
  'uk1.datadoghq.com': 'https://api.uk1.datadoghq.com',
  'ddog-gov.com': 'https://api.ddog-gov.com',
  'us2.ddog-gov.com': 'https://api.us2.ddog-gov.com',
} as const;

/** Throws where `site` is none of the nine. */
export function baseUrlOf(site: string): string {
  const base = Object.entries(datadogSites).find(([name]) => name === site)?.[1];
  if (base !== undefined) return base;
  throw new Error(`DD_SITE is "${site}", but must be one of ${Object.keys(datadogSites).join(', ')}`);
}

/** Where logs go: beside a site's API, or to the same simulator. */
export const logIntakeOf = (baseUrl: string): string =>
  baseUrl.replace(/^https:\/\/api\./, 'https://http-intake.logs.');

/** Throws where the address is not an http address of this machine's loopback: a simulator is never elsewhere. */
export function assertLoopback(url: string): void {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const isHttp = parsed?.protocol === 'http:' || parsed?.protocol === 'https:';
  const isLoopback = parsed !== undefined && /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(parsed.hostname);
  if (isHttp && isLoopback && parsed.username === '' && parsed.password === '') return;
  throw new Error(
    'MUSTER_DATADOG_URL must be the http address of a simulator on this machine, such as http://127.0.0.1:8126; ' +
      'for a real organization set DD_SITE instead',
  );
}
