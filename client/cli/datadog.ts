import type { DatadogClient } from '../../datadog/types.ts';
import { UsageError } from '../../domain/errors.ts';
import type { Config } from '../../config/types.ts';

/** Opens Datadog for a command that only reads. */
export async function withDatadogHere<T>(
  { datadog }: Pick<Config, 'datadog'>,
  work: (client: DatadogClient) => Promise<T>,
): Promise<T> {
  if (datadog === undefined) {
    throw new UsageError(
      'No Datadog is configured here: run `npm start` in another terminal, or set DD_SITE, DD_API_KEY and DD_APP_KEY',
    );
  }
  const { openDatadog } = await import('../../datadog/index.ts');
  await using client = openDatadog({ baseUrl: datadog.baseUrl, keys: datadog.keys });
  return await work(client);
}
