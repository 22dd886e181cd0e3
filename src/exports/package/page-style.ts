import { Html } from './html.js';

/** System fonts, two colour schemes with WCAG AA contrast, and a print style: the page loads nothing. */
export const STYLE: Html = new Html(`
:root {
  color-scheme: light dark;
  --paper: #f7f5f0; --card: #fffefb; --ink: #1f2530; --quiet: #575f6b; --line: #e2ddd2; --tint: #f1eee6;
  --accent: #17566a; --good: #1c6140; --good-tint: #e3f1e8; --none-tint: #ebe8e0; --bad: #8f2717; --bad-tint: #fbe9e4;
  --serif: ui-serif, "Iowan Old Style", "Palatino Linotype", Palatino, "Source Serif 4", Georgia, serif;
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", sans-serif;
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #15181d; --card: #1c2027; --ink: #e7e6e2; --quiet: #a6adb8; --line: #323843; --tint: #232831;
    --accent: #86c5d8; --good: #93d6b1; --good-tint: #1d3629; --none-tint: #2b303a; --bad: #f3a899; --bad-tint: #43231d;
  }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 1.5rem; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.6 var(--sans); overflow-wrap: anywhere; -webkit-text-size-adjust: 100%; }
h1, h2, h3, h4, p, dl, dd, ul, ol, table { margin: 0; }
h1, h2 { font-family: var(--serif); font-weight: 600; letter-spacing: -0.012em; line-height: 1.15; }
h1 { font-size: clamp(2.2rem, 5vw, 3.2rem); }
h2 { font-size: 1.85rem; }
h3 { font-size: 1.1rem; line-height: 1.35; }
h4 { font-size: 1rem; line-height: 1.4; }
a { color: var(--accent); text-underline-offset: 0.18em; text-decoration-thickness: 0.06em; }
a:focus-visible, [tabindex]:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 2px; }
.skip { position: absolute; left: -100vw; }
.skip:focus { left: 1rem; top: 1rem; background: var(--card); padding: 0.5rem 1rem; z-index: 1; }
.layout { display: grid; grid-template-columns: minmax(0, 1fr); max-width: 78rem; margin: 0 auto; padding: 0 clamp(1rem, 4vw, 3rem); }
main { min-width: 0; padding: 3.5rem 0 4rem; }
.contents { padding-top: 2rem; font-size: 0.925rem; }
.contents ol { list-style: none; padding: 0; columns: 2; }
.contents li { padding: 0.25rem 0; break-inside: avoid; }
.contents a { color: var(--ink); text-decoration: none; }
.contents a:hover { color: var(--accent); text-decoration: underline; }
.nav-title, .controller { color: var(--quiet); font-size: 0.85rem; font-weight: 600; letter-spacing: 0.04em; margin-bottom: 0.6rem; }
@media (min-width: 64rem) {
  .layout { grid-template-columns: 13rem minmax(0, 1fr); column-gap: 4rem; }
  .contents { position: sticky; top: 0; align-self: start; max-height: 100vh; overflow-y: auto; padding: 4rem 0 2rem; }
  .contents ol { columns: 1; border-left: 1px solid var(--line); padding-left: 1rem; }
}
.lead { font: 1.25rem/1.5 var(--serif); color: var(--quiet); max-width: 38rem; margin-top: 0.9rem; }
.cover > * + * { margin-top: 1.75rem; }
.cover > h1 { margin-top: 0; }
.cover > .lead { margin-top: 0.9rem; }
.banner { border: 1px solid var(--bad); border-inline-start-width: 0.4rem; background: var(--bad-tint); border-radius: 0.6rem; padding: 1rem 1.25rem; }
.banner strong { color: var(--bad); }
.banner p + p { margin-top: 0.4rem; }
.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(17rem, 1fr)); gap: 1.1rem 2rem; background: var(--card); border: 1px solid var(--line); border-radius: 0.9rem; padding: 1.6rem 1.75rem; }
.facts .wide { grid-column: 1 / -1; font-family: var(--serif); font-size: 1.2rem; line-height: 1.45; padding-bottom: 1.25rem; border-bottom: 1px solid var(--line); }
.facts .wide dt { font-family: var(--sans); }
dt { color: var(--quiet); font-size: 0.85rem; line-height: 1.5; }
dd { min-width: 0; }
.code, code { font-family: var(--mono); font-size: 0.85em; }
.table { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 0.9rem; }
table { border-collapse: collapse; width: 100%; font-size: 0.925rem; line-height: 1.5; }
caption { text-align: start; font-size: 1.1rem; font-weight: 600; padding: 1.1rem 1rem 0.5rem; }
th, td { text-align: start; vertical-align: top; padding: 0.6rem 1rem; min-width: 7rem; }
th { overflow-wrap: break-word; }
thead th { color: var(--quiet); font-size: 0.85rem; font-weight: 600; border-bottom: 1px solid var(--line); }
tbody tr + tr > * { border-top: 1px solid var(--line); }
tbody th { font-weight: 600; }
.glance caption, .glance tr > :first-child { padding-inline-start: 1.75rem; }
.glance tr > :last-child { padding-inline-end: 1.75rem; }
.amount { text-align: end; min-width: 0; }
@media (max-width: 40rem) {
  th, td { padding: 0.5rem 0.8rem; min-width: 5.5rem; }
  caption { padding: 1rem 0.8rem 0.4rem; }
  .glance caption, .glance tr > :first-child { padding-inline-start: 0.8rem; }
  .glance tr > :last-child { padding-inline-end: 0.8rem; }
  .amount { min-width: 0; }
}
.number, .amount, time { font-variant-numeric: tabular-nums; }
.pill { display: inline-block; border-radius: 1rem; padding: 0.1rem 0.7rem; font-size: 0.82rem; font-weight: 600; white-space: nowrap; background: var(--none-tint); color: var(--ink); }
.pill.complete { background: var(--good-tint); color: var(--good); }
.pill.failed { background: var(--bad-tint); color: var(--bad); }
.service, .prose { margin-top: 3.5rem; padding-top: 2.25rem; border-top: 1px solid var(--line); }
.result { display: flex; flex-wrap: wrap; align-items: center; gap: 0.75rem; color: var(--quiet); font-size: 0.925rem; margin-top: 0.75rem; }
.description { color: var(--quiet); max-width: 42rem; margin-top: 0.5rem; }
.nothing { margin-top: 1.25rem; }
.service > .banner { margin-top: 1.25rem; }
.why { background: var(--tint); border-radius: 0.9rem; padding: 1.4rem 0 1.5rem; margin-top: 1.5rem; }
.why > h3 { font-size: 1rem; padding: 0 1.5rem; }
.why .table { background: none; border: 0; border-radius: 0; margin-top: 0.5rem; }
.why th, .why td { font-size: 0.875rem; padding: 0.6rem 0.75rem; min-width: 7.5rem; }
.why thead th { font-size: 0.82rem; }
.why tr > :first-child { padding-inline-start: 1.5rem; min-width: 9.5rem; }
.why tr > :last-child { padding-inline-end: 1.5rem; }
.purpose { display: block; color: var(--quiet); font-weight: 400; }
.why dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(12rem, 1fr)); gap: 0.75rem 2rem; border-top: 1px solid var(--line); margin: 0.4rem 1.5rem 0; padding-top: 1rem; font-size: 0.9rem; }
.collection { margin-top: 2.25rem; }
.meta { color: var(--quiet); font-size: 0.9rem; display: flex; flex-wrap: wrap; gap: 0 0.9rem; margin-top: 0.1rem; }
.glossary { color: var(--quiet); font-size: 0.9rem; margin-top: 0.4rem; }
.glossary summary { cursor: pointer; width: fit-content; }
.glossary dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(16rem, 1fr)); gap: 0.5rem 2rem; padding: 0.75rem 0 0.25rem; }
.glossary dt { color: var(--ink); font-weight: 600; }
.collection > .table, .records { margin-top: 0.9rem; }
.record { display: grid; grid-template-columns: 2.5rem minmax(0, 1fr); background: var(--card); border: 1px solid var(--line); border-radius: 0.9rem; padding: 1.1rem 1.5rem 1.1rem 1rem; }
.record + .record { margin-top: 0.75rem; }
.record > dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); gap: 0.75rem 2rem; }
.record .wide { grid-column: 1 / -1; }
.record dd { font-size: 0.95rem; }
dd .table { border-radius: 0.5rem; margin-top: 0.35rem; }
dd .table th, dd .table td { padding: 0.4rem 0.75rem; }
.ordinal { color: var(--quiet); font-size: 0.85rem; line-height: 1.5; font-variant-numeric: tabular-nums; }
.empty { grid-column: 2; color: var(--quiet); font-size: 0.85rem; margin-top: 0.75rem; }
bdi { white-space: pre-wrap; }
.none, .more { color: var(--quiet); }
dl.nested { border-inline-start: 2px solid var(--line); padding-inline-start: 0.8rem; margin-top: 0.2rem; }
dl.nested > div + div { margin-top: 0.35rem; }
dd > ul, td > ul { padding-inline-start: 1.1rem; }
.notice { background: var(--tint); border-radius: 0.6rem; padding: 0.7rem 1rem; margin-top: 0.75rem; font-size: 0.925rem; }
.prose > * + * { margin-top: 0.9rem; }
.prose > p, .prose > ul { max-width: 42rem; }
.prose > h3 { margin-top: 1.6rem; }
.prose ul { padding-inline-start: 1.2rem; }
ul.plain { list-style: none; padding: 0; }
ul.plain li { display: flex; align-items: center; gap: 0.9rem; padding: 0.2rem 0; }
ul.plain .pill { flex: 0 0 10rem; text-align: center; }
.rights, .files { display: grid; grid-template-columns: repeat(auto-fit, minmax(18rem, 1fr)); gap: 1.25rem 2.5rem; }
.rights dt, .files dt { color: var(--ink); font-size: 1rem; font-weight: 600; }
.article { color: var(--quiet); font-size: 0.82rem; font-weight: 400; white-space: nowrap; margin-inline-start: 0.3rem; }
.contacts { display: grid; grid-template-columns: repeat(auto-fit, minmax(18rem, 1fr)); gap: 1.5rem 3rem; }
.contacts p { margin-top: 0.6rem; }
footer { margin-top: 4rem; padding-top: 1.5rem; border-top: 1px solid var(--line); color: var(--quiet); font-size: 0.9rem; }
@media print {
  :root { --paper: #fff; --card: #fff; --ink: #000; --quiet: #444; --line: #bbb; --tint: #fff; --accent: #000; --good: #000; --good-tint: #fff; --none-tint: #fff; --bad: #000; --bad-tint: #fff; }
  @page { margin: 18mm 16mm; }
  body { font-size: 10pt; }
  h1 { font-size: 26pt; } h2 { font-size: 17pt; } h3 { font-size: 12pt; }
  .skip { display: none; }
  .layout { display: block; max-width: none; padding: 0; }
  .contents { position: static; padding: 0 0 1rem; border-bottom: 1px solid var(--line); }
  .contents ol { columns: 2; border: 0; padding: 0; }
  main { padding: 1.5rem 0 0; }
  .service { break-before: page; border: 0; margin: 0; padding: 0; }
  .table { overflow: visible; }
  details::details-content { content-visibility: visible; block-size: auto; }
  .why, .pill, .notice { border: 1px solid var(--line); }
  .record, tr, .facts { break-inside: avoid; }
  h2, h3, h4, .meta { break-after: avoid; }
  thead { display: table-header-group; }
}
`);
