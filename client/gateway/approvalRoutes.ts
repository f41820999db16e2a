import { z } from 'zod';
import { requireRole } from './callers.ts';
import { text } from '../intake/webhooks/messages.ts';
import type { GatewayPart } from './context.ts';
import { HttpProblem, problems } from './problems.ts';

/** Decisions of approvers, proven by their token: Muster attests what goes to the person's process. */

export const approvalRoutes: GatewayPart = async (app, context) => {
  const { inventory, muster } = context;
  app.addContentTypeParser('application/json', { parseAs: 'string' }, app.getDefaultJsonParser('error', 'error'));
  app.addHook('onRequest', requireRole(context, 'approver'));

  app.post(
    '/v1/approvals/:id/decisions',
    {
      schema: {
        tags: ['approvals'],
        summary: 'Approves or rejects, in the name of the person whose token it is',
        security: [{ token: [] }],
        params: z.object({ id: z.string().regex(/^[\w.:-]{1,200}$/) }),
        body: z.object({
          verdict: z.enum(['approve', 'reject']),
          reason: text(1_000).optional(),
          decisionId: z
            .string()
            .regex(/^[\w.:-]{1,200}$/)
            .optional()
            .describe('The same id again is the same decision; a new one is made where none is given'),
        }),
        response: {
          200: z
            .object({
              decisionId: z.string(),
              approvalId: z.string(),
              state: z.enum(['open', 'approved', 'rejected', 'timedOut', 'withdrawn']),
            })
            .describe('It counts; the state of the approval after it'),
          ...problems(400, 401, 403, 404, 409, 413, 415, 422, 503),
        },
      },
    },
    async ({ params: { id }, body: { verdict, reason, decisionId }, caller }) => {
      const isKnown = (await inventory.listApprovals({})).some(({ approvalId }) => approvalId === id);
      if (!isKnown) throw new HttpProblem(404, `there is no approval ${id}`);
      const decision = {
        approvalId: id,
        verdict,
        // The owner of the token decides.
        actor: caller?.personId ?? 'token',
        reason,
        decisionId,
      };
      return muster.decide(decision, caller);
    },
  );
};
