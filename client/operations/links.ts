import { randomUUID } from 'node:crypto';
import type { Datadog } from '../../datadog/types.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';
import { NotFoundError, RefusedError } from '../../domain/errors.ts';
import { recordDecision } from '../../auth/operator.ts';
import type { Why } from '../../auth/operator.ts';
import type { OperatorContext } from './wake.ts';
import { wake } from './wake.ts';

/** Binds the account to the person, whatever its e-mail. Refused for another person's account or a service account. */
export async function linkAccount(
  context: OperatorContext,
  api: Pick<Datadog, 'getAccount'>,
  { personId, accountId, ...why }: { readonly personId: string; readonly accountId: string } & Why,
): Promise<{ readonly personId: string; readonly accountId: string }> {
  const { client, inventory } = context;
  const account = await api.getAccount(accountId);
  if (account === undefined) throw new NotFoundError(`There is no account ${accountId} in Datadog: nothing is changed`);
  if (account.isServiceAccount) throw new RefusedError(`Account ${accountId} is a service account: nothing is changed`);
  const held = (await inventory.findPerson(personId))?.accountId;
  // The account they have would become nobody's, and outlive their leave.
  if (held !== undefined && held !== accountId && (await api.getAccount(held)) !== undefined) {
    throw new RefusedError(
      `Person ${personId} has account ${held}: nothing is changed. If that is wrong: npx muster person unlink ${personId}`,
    );
  }
  const at = new Date().toISOString();
  await inventory.inTransaction(async (trx) => {
    const before = (await trx.findPerson(personId))?.accountId;
    const { conflict } = await trx.linkAccount(personId, account, at);
    if (conflict !== undefined) {
      throw new RefusedError(
        `Account ${accountId} is bound to person ${conflict}: nothing is changed. If that is wrong: npx muster person unlink ${conflict}`,
      );
    }
    await recordDecision(trx, context, {
      personId,
      eventId: `link:${randomUUID()}`,
      step: 'link',
      at,
      action: 'link account',
      ...why,
      before: { accountId: before ?? null },
      after: { accountId },
    });
  });
  await wake(client, personId);
  return { personId, accountId };
}

/** One person under a new id of HR: what the old one had goes on under the new one, and its end ends nothing. */
export async function replacePerson(
  context: OperatorContext,
  { personId, replaces, ...why }: { readonly personId: string; readonly replaces: string } & Why,
): Promise<{ readonly personId: string; readonly replaces: string; readonly accountId?: string }> {
  const { client, inventory } = context;
  if (personId === replaces) throw new RefusedError(`Person ${personId} cannot replace themselves: nothing is changed`);
  const accountId = await inventory.inTransaction(async (trx) => {
    const at = new Date().toISOString();
    const replaced = await trx.replacePerson({ personId, replaces, at });
    if (replaced.problem !== undefined) throw new RefusedError(`${replaced.problem}: nothing is changed`);
    const id = randomUUID();
    for (const about of [personId, replaces].toSorted()) {
      await recordDecision(trx, context, {
        ...{ personId: about, eventId: `replace:${id}`, step: 'replace', at, action: 'replace person', ...why },
        before: { personId: replaces },
        after: { personId, accountId: replaced.accountId ?? null },
      });
    }
    return replaced.accountId;
  });
  await Promise.all([wake(client, personId), wake(client, replaces)]);
  return { personId, replaces, accountId };
}

export async function unlinkAccount(
  context: OperatorContext,
  personId: string,
  why: Why = {},
): Promise<{ readonly personId: string; readonly accountId: string }> {
  const { client, inventory } = context;
  const accountId = await inventory.inTransaction(async (trx) => {
    const bound = (await trx.findPerson(personId))?.accountId;
    if (bound === undefined) throw new NotFoundError(await whyUnbound(trx, personId));
    await trx.unlinkAccount(personId);
    await recordDecision(trx, context, {
      personId,
      eventId: `unlink:${randomUUID()}`,
      step: 'unlink',
      action: 'unlink account',
      ...why,
      before: { accountId: bound },
      after: { accountId: null },
    });
    return bound;
  });
  await wake(client, personId);
  return { personId, accountId };
}

async function whyUnbound(inventory: Pick<Inventory, 'findPerson'>, personId: string): Promise<string> {
  const isKnown = (await inventory.findPerson(personId)) !== undefined;
  return isKnown
    ? `Person ${personId} has no account bound to them`
    : `No person ${personId} is known: \`npx muster person list\` shows all`;
}
