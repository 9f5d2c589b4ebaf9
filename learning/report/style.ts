/** The page's style sheet: one column on phones, charts side by side on desks, light and dark by preference. */
export const style = `
:root {
  color-scheme: light dark;
  --paper: #ffffff; --ink: #1c2430; --quiet: #566072; --rule: #d5dae2; --tint: #f3f5f8; --good: #116138; --bad: #a3231f;
  --chart-line: #1d5fb8; --chart-level: #a0480b; --chart-third: #0b7a6b; --chart-fourth: #7a3fa0; --chart-text: #566072; --chart-grid: #d5dae2;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14181f; --ink: #e3e8ef; --quiet: #a3adbb; --rule: #343c48; --tint: #1d232c; --good: #6fcf97; --bad: #ff8a80;
    --chart-line: #79b0ff; --chart-level: #f0a45d; --chart-third: #5fd0be; --chart-fourth: #c79bea; --chart-text: #a3adbb; --chart-grid: #343c48;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
main { max-width: 72rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .5rem; }
h2 { font-size: 1.3rem; margin: 2.75rem 0 .5rem; padding-top: 1rem; border-top: 1px solid var(--rule); }
h3 { font-size: 1.02rem; margin: 1.75rem 0 .4rem; }
p { margin: .4rem 0; max-width: 46rem; }
p.quiet, caption, figcaption, dt { color: var(--quiet); }
p.lead { font-size: 1.08rem; }
.scroll { overflow-x: auto; margin: .75rem 0 1.25rem; border: 1px solid var(--rule); border-radius: 6px; }
.scroll:focus-visible { outline: 2px solid var(--chart-line); }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: .92rem; }
caption { text-align: left; padding: .55rem .75rem; font-size: .88rem; position: sticky; left: 0; }
th, td { padding: .42rem .75rem; border-top: 1px solid var(--rule); text-align: left; white-space: nowrap; }
thead th { background: var(--tint); font-weight: 600; }
tbody th { font-weight: 500; }
th.number, td.number { text-align: right; }
tr.strong th, tr.strong td { font-weight: 700; background: var(--tint); }
.up { color: var(--good); } .down { color: var(--bad); }
code { font: .86em ui-monospace, "SFMono-Regular", Consolas, monospace; overflow-wrap: anywhere; }
.charts > figure { align-self: start; }
.charts > .scroll { margin: 0; min-width: 0; align-self: start; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 19rem), 1fr)); gap: 1rem; margin: .75rem 0; }
figure { margin: 0; border: 1px solid var(--rule); border-radius: 6px; padding: .5rem; min-width: 0; }
figcaption { font-size: .88rem; padding: 0 .25rem; }
figure svg { display: block; width: 100%; height: auto; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; margin: .75rem 0; }
dd { margin: 0; min-width: 0; }
@media (max-width: 34rem) {
  main { padding: 1rem .75rem 3rem; }
  h1 { font-size: 1.35rem; }
  dl { grid-template-columns: 1fr; gap: 0; }
  dd { margin-bottom: .5rem; }
  table { font-size: .86rem; }
  th, td { padding: .36rem .42rem; }
  .scroll { background: linear-gradient(to left, var(--paper) 30%, transparent) 100% 0 / 2.5rem 100% no-repeat local, linear-gradient(to left, var(--chart-grid), transparent) 100% 0 / .9rem 100% no-repeat scroll; }
  thead th, tbody th { white-space: normal; }
  tbody th { min-width: 3.6rem; }
  caption { white-space: normal; max-width: calc(100vw - 1.75rem); }
  thead th:first-child, tbody th { position: sticky; left: 0; z-index: 1; border-right: 1px solid var(--rule); }
  tbody th { background: var(--paper); } tr.strong th { background: var(--tint); }
}
@media print { .scroll { overflow: visible; } h2 { break-before: page; } }
`;
