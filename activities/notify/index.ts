/** Notices to people. Until channels exist they go to the log: static words as message, the rest as fields. */
export interface Notice {
  readonly kind:
    | 'approvalRequested'
    | 'approvalReminder'
    | 'approvalFallback'
    | 'approvalTimedOut'
    | 'approvalReassigned'
    | 'invitationResent'
    | 'invitationNotAccepted'
    | 'accessEnded'
    | 'accessNotEnded'
    | 'leaverKeys'
    | 'leaverDelayed'
    | 'engineTrouble'
    | 'processBlocked'
    | 'rosterNotApplied'
    | 'refusedByIntake';
  readonly personId: string;
  /** PersonIds or e-mails as the policy and HR name them. */
  readonly to: readonly string[];
  readonly details: Readonly<Record<string, unknown>>;
}

export interface Notify {
  send(notice: Notice): void;
}

interface NoticeLog {
  info(message: string, fields: Record<string, unknown>): void;
}

/** E-mail addresses stay out of the log: only how many people a notice is for. */
export function notifyByLog(log: NoticeLog): Notify {
  return {
    send({ kind, personId, to, details }) {
      log.info('notice', { kind, personId, recipients: to.length, ...details });
    },
  };
}
