import { fileStamp } from './stamps.js';

/** Something read from a file, and read again when the file was written or replaced. */
export class Watched<T> {
  readonly #path: string;
  readonly #read: () => T;
  #stamp = '';
  #value: T | undefined;

  constructor(path: string, read: () => T) {
    this.#path = path;
    this.#read = read;
  }

  /** Looks at the file each time; that takes microseconds. What `read` throws is thrown, and tried again. */
  get(): T {
    const stamp = fileStamp(this.#path);
    if (this.#value === undefined || stamp !== this.#stamp) {
      this.#value = this.#read();
      this.#stamp = stamp;
    }
    return this.#value;
  }
}
