import type { Ranks } from '../../domain/facts/ranks.ts';

/** HR has the word. */
export const hrFirst: Ranks = { authority: ['hr'], mayAdd: {}, mayEndEmployment: [] };
