import type { Client } from '@temporalio/client';
import { grpcCodeIn, grpcCodes } from '../client/operations/temporal.ts';
import { searchAttributes } from '../domain/contracts.ts';
import { UsageError } from '../domain/errors.ts';

/** `INDEXED_VALUE_TYPE_KEYWORD` of Temporal's API. */
const keyword = 2;
/** Of what an account may not do, or a server does not offer to it. */
const refusedCodes: readonly (number | undefined)[] = [
  grpcCodes.permissionDenied,
  grpcCodes.unimplemented,
  grpcCodes.unauthenticated,
];

const names = Object.values(searchAttributes).map(({ name }) => name);

/**
 * Creates the search attributes in the client's namespace where they are missing. Who may not create them goes on with a warning where
 * they are there; a `UsageError` where they are not.
 */
export async function ensureSearchAttributes(client: Client, warn: (text: string) => void = () => {}): Promise<void> {
  const { operatorService } = client.connection;
  const { namespace } = client.options;
  try {
    const { customAttributes } = await operatorService.listSearchAttributes({ namespace });
    const missing = names.filter((name) => customAttributes[name] === undefined);
    if (missing.length === 0) return;
    await operatorService.addSearchAttributes({
      namespace,
      searchAttributes: Object.fromEntries(missing.map((name) => [name, keyword])),
    });
  } catch (error) {
    if (!refusedCodes.includes(grpcCodeIn(error))) throw error;
    await requireThere(client);
    warn(`search attributes: this account may not create them, and they are there: ${names.join(', ')}`);
  }
}

async function requireThere({ workflowService, options: { namespace } }: Client): Promise<void> {
  for (const name of names) {
    try {
      await workflowService.countWorkflowExecutions({ namespace, query: `${name} = 'nobody'` });
    } catch (error) {
      if (grpcCodeIn(error) !== grpcCodes.invalidArgument) throw error;
      throw new UsageError(
        `the namespace ${namespace} lacks the search attribute ${name}, and this account may not create it: ` +
          `\`temporal operator search-attribute create --namespace ${namespace} --name ${name} --type Keyword\``,
      );
    }
  }
}
