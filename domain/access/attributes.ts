import type { Account, PersonAttributes } from '../model.ts';
import { isSameText } from '../text.ts';
import { fitName } from './names.ts';

export type AttributeChanges = Partial<Pick<PersonAttributes, 'email' | 'name' | 'title'>>;

/** E-mail, name and title where Datadog has them differently. What HR does not say stays as it is. */
export function differingAttributes(account: Account, { email, name, title }: AttributeChanges): AttributeChanges {
  const fitted = fitName(name);
  return {
    ...(email === undefined || isSameText(email, account.email) ? {} : { email }),
    ...(fitted === undefined || fitted === account.name ? {} : { name }),
    ...(title === undefined || title === account.title ? {} : { title }),
  };
}
