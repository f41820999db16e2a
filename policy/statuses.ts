import { z } from 'zod';
import { foldCase } from '../domain/text.ts';
import { textList } from './fields.ts';

/** HR's words for a status. What is in no list is not known: whoever has it is held. */
export const statusMap = z
  .strictObject({
    active: textList.default([]),
    leaveOfAbsence: textList.default([]),
    ended: textList.default([]),
  })
  .superRefine((map, context) => {
    const said = new Map<string, string>();
    for (const [kind, words] of Object.entries(map)) {
      for (const word of words) {
        const other = said.get(foldCase(word));
        if (other === undefined) said.set(foldCase(word), kind);
        else if (other !== kind) {
          const message = `has ${JSON.stringify(word)}, which ${other} has too: a word means one thing`;
          context.addIssue({ code: 'custom', path: [kind], message });
        }
      }
    }
    if (map.active.length > 0) return;
    const message = 'is missing: name the values of status that mean employed, such as [Active]';
    context.addIssue({ code: 'custom', path: ['active'], message });
  });
