import type { Datadog } from '../types.ts';

/** The same client with some calls replaced. Descriptors are copied, since `requests` counts on. */
export const withCalls = (api: Datadog, calls: Partial<Datadog>): Datadog =>
  Object.defineProperties(
    {},
    { ...Object.getOwnPropertyDescriptors(api), ...Object.getOwnPropertyDescriptors(calls) },
  ) as Datadog;
