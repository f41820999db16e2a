import { defaultPayloadConverter, type PayloadConverter } from '@temporalio/common';

/**
 * Whoever reaches Temporal can send what nobody can read. A converter that throws would fail the workflow task, again and again: the
 * person's run would stand for ever, and a leaver with it. So it becomes a value that every guard refuses.
 */
const unreadable = 'unreadable payload';

export const payloadConverter: PayloadConverter = {
  toPayload: (value) => defaultPayloadConverter.toPayload(value),
  fromPayload: (payload) => readable(() => defaultPayloadConverter.fromPayload(payload)),
};

function readable<Value>(read: () => Value): Value {
  try {
    return read();
  } catch {
    return unreadable as Value;
  }
}
