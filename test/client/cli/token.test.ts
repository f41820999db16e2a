import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { openInventory } from '../../../inventory/index.ts';
import { runCli } from '../../../client/cli/run.ts';
import { createShell } from '../support/shell.ts';

test('evidence names the operator who creates or revokes a token, as in every other decision', async () => {
  const home = await mkdtemp(join(tmpdir(), 'muster-token-'));
  const run = async (args: readonly string[], env: Record<string, string> = {}) => {
    const shell = createShell({ cwd: home, env: { MUSTER_HOME: home, ...env } });
    const code = await runCli(['token', ...args, '--json'], shell);
    return { code, err: shell.err(), row: JSON.parse(shell.out() || '{}') as { id: string; token: string } };
  };
  try {
    await (await openInventory({ file: join(home, 'inventory.db') })).close();
    const admin = (await run(['create', '--role', 'admin', '--person', 'boss-1', '--as', 'it@example.com'])).row;
    const proven = { MUSTER_TOKEN: admin.token };
    const auditor = (await run(['create', '--role', 'auditor'], proven)).row;
    expect((await run(['revoke', auditor.id], proven)).code).toBe(0);
    // A token of another role proves nothing here.
    const refused = await run(['create', '--role', 'admin'], { MUSTER_TOKEN: auditor.token });
    expect(refused).toMatchObject({ code: 3, err: expect.stringContaining('admin') });
    await run(['revoke', admin.id]);

    await using inventory = await openInventory({ file: join(home, 'inventory.db') });
    const attested = { actor: 'boss-1', proof: 'attested', tokenId: admin.id };
    expect(await inventory.listEvidence({ limit: 10, offset: 0 })).toMatchObject([
      { action: 'create token', personId: 'boss-1', actor: 'it@example.com', proof: 'claimed' },
      { action: 'create token', personId: `token/${auditor.id}`, ...attested },
      { action: 'revoke token', personId: `token/${auditor.id}`, ...attested },
      { action: 'revoke token', personId: 'boss-1', actor: 'command line', proof: 'claimed' },
    ]);
  } finally {
    await rm(home, { recursive: true });
  }
});
