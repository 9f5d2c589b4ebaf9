import { html, Markup } from './markup.js';
import { style } from './style.js';

/** One self-contained HTML page: styles and pictures inline, no script, nothing loaded from anywhere. */
export function pageOf(title: string, content: readonly Markup[]): string {
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title>
<style>${new Markup(style)}</style>
</head>
<body>
<main>
<h1>${title}</h1>
${content}
</main>
</body>
</html>
`;
  return page.text;
}
