import type { Command } from 'commander';
import type { Duty } from '../../auth/operator.ts';

/** What a command that changes something takes from its caller. */
export interface CommandDuty {
  /** Which tokens do. */
  readonly duty: Duty;
  /**
   * Whose word does without a token, where there is no Datadog site: `any` takes `--as` or nobody's name, `named` needs it,
   * `accepted` leaves it to the policy whether claims count. Of `judged` the person's process judges the claim, with a site too.
   */
  readonly claim: 'any' | 'named' | 'accepted' | 'judged';
}

const operate = { duty: 'operate', claim: 'any' } as const;
const correct = { duty: 'operate', claim: 'named' } as const;
const release = { duty: 'operate', claim: 'accepted' } as const;
const administer = { duty: 'administer', claim: 'any' } as const;
const decide = { duty: 'decide', claim: 'judged' } as const;

/** Every command: what it takes, or that it only reads. `sync run` does nothing that the schedule does not do by itself. */
export const duties: Readonly<Record<string, CommandDuty | 'reads'>> = {
  'adopt apply': operate,
  'adopt plan': 'reads',
  'approvals approve': decide,
  'approvals list': 'reads',
  'approvals reassign': { duty: 'administer', claim: 'judged' },
  'approvals reject': decide,
  'audit export': 'reads',
  'audit key': 'reads',
  'audit list': 'reads',
  'audit verify': 'reads',
  completion: 'reads',
  doctor: 'reads',
  'events cancel': correct,
  'events list': 'reads',
  'findings list': 'reads',
  'findings mute': operate,
  'held list': 'reads',
  'held reject': correct,
  'held release': correct,
  'held show': 'reads',
  'intake refused drop': correct,
  'intake refused list': 'reads',
  'intake refused retry': correct,
  'intake refused show': correct,
  'inventory accept': administer,
  'inventory grants': 'reads',
  'inventory nhis': operate,
  'inventory users': 'reads',
  joiner: operate,
  leaver: operate,
  'leaver held': 'reads',
  'leaver release': correct,
  mover: operate,
  'person link': correct,
  'person list': 'reads',
  'person restore': correct,
  'person retry': operate,
  'person show': 'reads',
  'person unlink': correct,
  'policy accept': correct,
  'policy check': 'reads',
  'policy diff': 'reads',
  'policy explain': 'reads',
  'policy init': 'reads',
  'policy pin': administer,
  'roster apply': operate,
  'roster plan': 'reads',
  'schedule apply': operate,
  simulator: 'reads',
  'sources check': 'reads',
  status: 'reads',
  'sync allow': release,
  'sync pause': operate,
  'sync reject': release,
  'sync resume': operate,
  'sync run': 'reads',
  'sync status': 'reads',
  'token create': administer,
  'token list': 'reads',
  'token revoke': administer,
  'upgrade check': 'reads',
  'upgrade promote': administer,
};

/** Undefined where the command, as it was called, changes nothing. A command that is not in the table takes an operator. */
export function dutyOf(command: Command): CommandDuty | undefined {
  const path = pathOf(command);
  const duty = duties[path] ?? operate;
  if (duty === 'reads') return undefined;
  const { dryRun, setOwner, clearOwner } = command.opts<Readonly<Record<string, unknown>>>();
  if (dryRun === true) return undefined;
  return path === 'inventory nhis' && setOwner === undefined && clearOwner === undefined ? undefined : duty;
}

/** `person link`, without the program's own name. */
export const pathOf = (command: Command): string =>
  command.parent === null ? '' : `${pathOf(command.parent)} ${command.name()}`.trim();
