/** Colours by meaning. `plainPalette` leaves text alone: pipes, --no-color, NO_COLOR, dumb terminals. */
export interface Palette {
  strong(text: string): string;
  faint(text: string): string;
  good(text: string): string;
  bad(text: string): string;
  busy(text: string): string;
}

const sgr = (open: number, close: number) => (text: string) => `\x1b[${open}m${text}\x1b[${close}m`;
const unchanged = (text: string) => text;

export const colourPalette: Palette = {
  strong: sgr(1, 22),
  faint: sgr(2, 22),
  good: sgr(32, 39),
  bad: sgr(31, 39),
  busy: sgr(33, 39),
};

export const plainPalette: Palette = {
  strong: unchanged,
  faint: unchanged,
  good: unchanged,
  bad: unchanged,
  busy: unchanged,
};
