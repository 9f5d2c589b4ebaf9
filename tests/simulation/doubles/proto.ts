const messages = new WeakMap<object, unknown>();

const Session = {
  responseSerialize: (message: unknown) => {
    const bytes = Buffer.alloc(1);
    messages.set(bytes, message);
    return bytes;
  },
  responseDeserialize: (bytes: object) => messages.get(bytes),
};

/** Of the wire what a session hub names: bytes that stand for the message they were made from. */
export const wire = { ParticipantService: { service: { Session } } };
