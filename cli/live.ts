import type { TextSink } from './runtime.js';

const hideCursor = '\x1b[?25l';
const showCursor = '\x1b[?25h';
const clearToLineEnd = '\x1b[K';
const clearToScreenEnd = '\x1b[J';

/**
 * A block of lines redrawn in place: each frame goes out in one write and overwrites the one before, so
 * nothing flickers. Lines must fit the terminal; `end` leaves the screen clean for what follows.
 */
export class LiveBlock {
  #drawnLines = 0;

  constructor(readonly sink: TextSink) {}

  draw(lines: readonly string[]): void {
    const shown = this.#fitting(lines);
    const body = shown.map((line) => `${line}${clearToLineEnd}\n`).join('');
    this.sink.write(`${hideCursor}${this.#home()}${body}${clearToScreenEnd}`);
    this.#drawnLines = shown.length;
  }

  end(): void {
    this.sink.write(`${this.#home()}${clearToScreenEnd}${showCursor}`);
    this.#drawnLines = 0;
  }

  #home(): string {
    return this.#drawnLines === 0 ? '' : `\x1b[${this.#drawnLines}A`;
  }

  /** The cursor cannot go above the screen, so a block taller than it is cut. */
  #fitting(lines: readonly string[]): readonly string[] {
    const most = (this.sink.rows ?? 24) - 1;
    if (lines.length <= most) return lines;
    return [...lines.slice(0, most - 1), `... and ${lines.length - most + 1} more lines`];
  }
}
