import { withoutOn } from '../../datadog/failures.ts';
import type { DatadogReads } from '../../datadog/types.ts';

/** Roles that login mappings grant; undefined where the key may not see them. A process goes on without. */
export async function rolesOfMappings(api: DatadogReads): Promise<readonly string[] | undefined> {
  const mappings = await withoutOn(['NotAuthorized'], api.listNhis('authnMapping'));
  return mappings?.flatMap(({ details }) => (typeof details['roleId'] === 'string' ? [details['roleId']] : []));
}
