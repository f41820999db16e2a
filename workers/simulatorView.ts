export interface SimulatorAccess {
  readonly url: string;
}

export interface Held {
  readonly status: string;
  readonly roles: readonly string[];
  readonly teams: readonly string[];
}

export const describeHeld = ({ status, roles, teams }: Held): string =>
  `${status}, ${roles.length === 0 ? 'no role' : roles.join(' and ')}, ${teams.length === 0 ? 'no team' : `team ${teams.join(', ')}`}`;

/** What the simulator holds, as it says itself: not by Muster's client, and not through the faults of an awkward one. */
export async function readHeld(simulator: SimulatorAccess, email: string): Promise<Held> {
  const response = await fetch(`${simulator.url}/control/users`);
  const { users } = (await response.json()) as { users: readonly (Held & { email: string })[] };
  const { status, roles, teams } = users.find((user) => user.email === email) ?? {
    status: 'none',
    roles: [],
    teams: [],
  };
  return { status, roles, teams };
}

/** The person follows the link in the invitation. */
export async function acceptInvitation(simulator: SimulatorAccess, email: string): Promise<void> {
  const response = await fetch(`${simulator.url}/control/accept`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email }),
  });
  if (!response.ok) throw new Error(`The simulator returned ${response.status}: ${await response.text()}`);
}
