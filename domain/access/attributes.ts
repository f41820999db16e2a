import { isSameText } from '../text.ts';
import type { Account, PersonAttributes } from '../model.ts';
import { fitName } from './names.ts';

export type AttributeChanges = Partial<Pick<PersonAttributes, 'email' | 'name' | 'title'>>;

/** Of e-mail, name and title what Datadog has differently. What HR does not say stays as it is. */
export function differingAttributes(account: Account, { email, name, title }: PersonAttributes): AttributeChanges {
  const fitted = fitName(name);
  return {
    ...(isSameText(email, account.email) ? {} : { email }),
    ...(name === undefined || fitted === undefined || fitted === account.name ? {} : { name }),
    ...(title === undefined || title === account.title ? {} : { title }),
  };
}
