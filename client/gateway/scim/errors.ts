/** Errors of SCIM (RFC 7644, 3.12). The message goes to the caller. */

const errorSchema = 'urn:ietf:params:scim:api:messages:2.0:Error';

type ScimType =
  | 'invalidFilter'
  | 'tooMany'
  | 'uniqueness'
  | 'mutability'
  | 'invalidSyntax'
  | 'invalidPath'
  | 'noTarget'
  | 'invalidValue';

export class ScimError extends Error {
  override readonly name = 'ScimError';
  readonly status: number;
  readonly scimType: ScimType | undefined;

  constructor(status: number, message: string, scimType?: ScimType) {
    super(message);
    this.status = status;
    this.scimType = scimType;
  }
}

/** A filter or a path names what the schemas do not have. */
export class UnknownAttribute extends ScimError {}

export const wrong = (scimType: ScimType, message: string): ScimError => new ScimError(400, message, scimType);

/** The body. Statuses are texts in SCIM. */
export function errorBody(status: number, detail: string, scimType?: ScimType) {
  return { schemas: [errorSchema], status: String(status), scimType, detail };
}
