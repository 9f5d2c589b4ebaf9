export * from '../../../contract/wire-form.js';

const same = <T>(message: T): T => message;

/** Messages stay in one process, so they travel by reference; their form is the matter of the contract's own tests. */
export { same as eventFromWire, same as eventToWire, same as postFromWire, same as postToWire };
