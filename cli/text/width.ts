/**
 * Columns a text takes in a terminal. East Asian scripts, full-width forms and emoji take two, combining marks
 * none (Unicode TR 11, coarse: where terminals differ, the wider answer, so that no line grows too long).
 */
const wide =
  /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\p{sc=Bopomofo}\p{sc=Yi}\p{sc=Tangut}\p{sc=Nushu}\p{Emoji_Presentation}\u2e80-\u303e\u3200-\ua4cf\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18dff}\u{1aff0}-\u{1b2ff}\u{1f200}-\u{1faff}]/u;
const zero = /^[\p{Mn}\p{Me}\p{Cf}]$/u;

export function characterWidth(character: string): number {
  if (zero.test(character)) return 0;
  return wide.test(character) ? 2 : 1;
}

export function displayWidth(text: string): number {
  let columns = 0;
  for (const character of text) columns += characterWidth(character);
  return columns;
}

/**
 * Text from elsewhere made safe for a terminal: names, details and organisations come over the wire, and an
 * escape sequence or a direction override in them could forge what the reader sees.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, (character) =>
    character === '\t' ? ' ' : '\ufffd',
  );
}

/** Lines of at most `columns` columns without blanks at their ends, broken between words, inside a word only when it alone is too long. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const joined = line === '' ? word : `${line} ${word}`;
    if (displayWidth(joined) <= columns) {
      line = joined;
      continue;
    }
    if (line !== '') lines.push(line);
    const pieces = hardBreak(word, columns);
    line = pieces.pop() ?? '';
    lines.push(...pieces);
  }
  lines.push(line);
  return lines.map((each) => each.trimEnd());
}

function hardBreak(word: string, columns: number): string[] {
  const pieces: string[] = [];
  let piece = '';
  for (const character of word) {
    if (piece !== '' && displayWidth(piece) + characterWidth(character) > columns) {
      pieces.push(piece);
      piece = '';
    }
    piece += character;
  }
  pieces.push(piece);
  return pieces;
}
