import type { AddCommands } from './command.ts';

interface CommandEntry {
  readonly description: string;
  /** Loaded when the command is named, so that nothing else has to be read from the disk. */
  readonly load: () => Promise<AddCommands>;
}

/** The first words of the command line, in the order of `--help`. */
export const commandTable: Readonly<Record<string, CommandEntry>> = {
  status: {
    description: 'whether everything is well and, where it is not, what is wrong and the command that mends it',
    load: async () => (await import('./status.ts')).addStatus,
  },
  doctor: {
    description: 'check the engine, worker, inventory, policy, keys and permissions; says how to get what is missing',
    load: async () => (await import('./doctor.ts')).addDoctor,
  },
  joiner: {
    description: 'grant a person Datadog access: account, invitation, then roles and teams',
    load: async () => (await import('./submission.ts')).addJoiner,
  },
  mover: {
    description: "change a person's data, and their access with it; what is not named stays as it is",
    load: async () => (await import('./submission.ts')).addMover,
  },
  leaver: {
    description: "end a person's Datadog access: disable the account, remove roles and teams",
    load: async () => (await import('./submission.ts')).addLeaver,
  },
  held: {
    description: 'what would take something away from more people than the change budget allows',
    load: async () => (await import('./held.ts')).addHeld,
  },
  events: {
    description: 'HR events that were received',
    load: async () => (await import('./events.ts')).addEvents,
  },
  intake: {
    description: 'what HR said and Muster could not take',
    load: async () => (await import('./intake.ts')).addIntake,
  },
  person: {
    description: 'people, their processes, access and history',
    load: async () => (await import('./person.ts')).addPerson,
  },
  approvals: {
    description: 'access that waits for somebody to approve it',
    load: async () => (await import('./approvals.ts')).addApprovals,
  },
  sync: {
    description: 'the true picture of who has access, read from Datadog',
    load: async () => (await import('./sync.ts')).addSync,
  },
  schedule: {
    description: 'when the sync runs by itself',
    load: async () => (await import('./sync.ts')).addSchedule,
  },
  inventory: {
    description: 'accounts, grants and non-human identities as they were last seen',
    load: async () => (await import('./inventory.ts')).addInventory,
  },
  findings: {
    description: 'what somebody should look at, found by the sync',
    load: async () => (await import('./findings.ts')).addFindings,
  },
  policy: {
    description: 'the rules that say who gets what',
    load: async () => (await import('./policy.ts')).addPolicy,
  },
  sources: {
    description: 'what HR sends, tried before it counts',
    load: async () => (await import('./sources.ts')).addSources,
  },
  token: {
    description: 'tokens that prove to Muster who makes a request',
    load: async () => (await import('./token.ts')).addToken,
  },
  roster: {
    description: "HR's list of people, as a CSV file",
    load: async () => (await import('./roster.ts')).addRoster,
  },
  adopt: {
    description: 'taking over an organization that has people in it already',
    load: async () => (await import('./adopt.ts')).addAdopt,
  },
  audit: {
    description: 'the evidence: who did what to whom, when and why',
    load: async () => (await import('./audit.ts')).addAudit,
  },
  upgrade: {
    description: 'changing to another build while people wait',
    load: async () => (await import('./upgrade.ts')).addUpgrade,
  },
  simulator: {
    description:
      'run a simulated Datadog on this machine until it is stopped; prints {url, apiKey, appKey} once it listens',
    load: async () => (await import('./simulator.ts')).addSimulator,
  },
  completion: {
    description: 'a script with which a shell completes commands, options and their values',
    load: async () => (await import('./completion.ts')).addCompletion,
  },
};
