/** The network of the run makes the session. */
export class Session {
  constructor(link: { session(...of: unknown[]): object }, version: string, handlers: unknown) {
    // biome-ignore lint/correctness/noConstructorReturn: whoever constructs one gets that of the run
    return link.session(version, handlers);
  }
}
