import { apiKeyRoutes } from './apiKeys.ts';
import { appKeyRoutes } from './appKeys.ts';
import { auditRoutes } from './audit.ts';
import { authnMappingRoutes } from './authnMappings.ts';
import { clientRoutes } from './clients.ts';
import { invitationRoutes } from './invitations.ts';
import { membershipRoutes } from './memberships.ts';
import { orgRoutes } from './orgs.ts';
import { permissionRoutes } from './permissions.ts';
import { probeRoutes } from './probes.ts';
import { rolePermissionRoutes } from './rolePermissions.ts';
import { roleRoutes } from './roles.ts';
import { roleUserRoutes } from './roleUsers.ts';
import type { Route } from '../router.ts';
import { serviceAccountRoutes } from './serviceAccounts.ts';
import { teamConnectionRoutes } from './teamConnections.ts';
import { teamRoutes } from './teams.ts';
import { teamSettingRoutes } from './teamSettings.ts';
import { tokenRoutes } from './tokens.ts';
import { userRoutes } from './users.ts';

/** Every operation of Datadog's that the simulator knows. */
export const routes: readonly Route[] = [
  ...probeRoutes,
  ...userRoutes,
  ...invitationRoutes,
  ...roleRoutes,
  ...rolePermissionRoutes,
  ...roleUserRoutes,
  ...permissionRoutes,
  ...teamRoutes,
  ...teamSettingRoutes,
  ...teamConnectionRoutes,
  ...membershipRoutes,
  ...serviceAccountRoutes,
  ...apiKeyRoutes,
  ...appKeyRoutes,
  ...tokenRoutes,
  ...authnMappingRoutes,
  ...orgRoutes,
  ...clientRoutes,
  ...auditRoutes,
];
