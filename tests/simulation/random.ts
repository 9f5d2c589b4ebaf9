/** Repeatable draws: mulberry32. Not for secrets. */
export class Draws {
  #state: number;

  constructor(seed: number) {
    // Spread: first draws of seeds that follow each other would be alike.
    this.#state = Math.imul(seed + 1, 0x9e3779b1) >>> 0;
  }

  /** 0 <= value < 1. */
  unit(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** 0 <= value < count. */
  below(count: number): number {
    return Math.floor(this.unit() * count);
  }

  chance(probability: number): boolean {
    return this.unit() < probability;
  }

  of<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T;
  }

  /** Between the two, each order of magnitude as likely as the next. */
  spread(least: number, most: number): number {
    return Math.round(least * (most / least) ** this.unit());
  }
}

/** A number that depends on the text alone, 0 <= value < count. */
export function spot(text: string, count: number): number {
  let hash = 0x811c9dc5;
  for (let k = 0; k < text.length; k++) hash = Math.imul(hash ^ text.charCodeAt(k), 0x01000193);
  return new Draws(hash).below(count);
}
