/** HTML that is safe to place as it is. Made by `html` and `safe` alone, so foreign text is always escaped. */
export class Markup {
  constructor(readonly text: string) {}
}

type Part = string | number | Markup | readonly Markup[];

/** Template tag: strings and numbers are escaped, Markup is kept. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return new Markup(strings.map((text, i) => text + (i < parts.length ? render(parts[i]!) : '')).join(''));
}

function render(part: Part): string {
  if (part instanceof Markup) return part.text;
  if (typeof part === 'object') return part.map((item) => item.text).join('\n');
  return escaped(String(part));
}

export function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

export interface Column<Row> {
  readonly title: string;
  /** Right-aligned figures; text otherwise. */
  readonly numeric?: boolean;
  readonly cell: (row: Row) => string | number | Markup;
}

/** A captioned table in a box of its own that scrolls sideways on narrow screens. */
export function table<Row>(
  caption: string,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  strong: (row: Row) => boolean = () => false,
): Markup {
  const kind = (column: Column<Row>) => (column.numeric ? 'number' : 'text');
  return html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0"><table>
<caption>${caption}</caption>
<thead><tr>${columns.map((column) => html`<th scope="col" class="${kind(column)}">${column.title}</th>`)}</tr></thead>
<tbody>
${rows.map(
  (row) =>
    html`<tr class="${strong(row) ? 'strong' : 'plain'}">${columns.map((column, i) =>
      i === 0
        ? html`<th scope="row">${column.cell(row)}</th>`
        : html`<td class="${kind(column)}">${column.cell(row)}</td>`,
    )}</tr>`,
)}
</tbody></table></div>`;
}
