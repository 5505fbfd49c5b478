// CSS: light and dark, from a phone's width to a wide screen, and on paper. System fonts only.
#include "reports/draw/style.h"

namespace qbench {

const std::string_view kReportStyle = R"css(
:root {
  color-scheme: light dark;
  --page: #fbfbf9; --card: #ffffff; --ink: #1c1d1f; --soft: #63676d; --line: #e4e4df;
  --strong: #b9bab5; --accent: #2f5d8a; --good: #1c7046; --bad: #b3392b; --bar: #c9d8e6;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #141517; --card: #1b1d20; --ink: #e7e7e4; --soft: #9a9ea5; --line: #2c2f33;
    --strong: #555a61; --accent: #8ab6de; --good: #6cc495; --bad: #ee8a7c; --bar: #3b5d7c;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--page); color: var(--ink);
  font: 15px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "DejaVu Sans",
        sans-serif;
}
main { max-width: 76rem; margin: 0 auto; padding: 3.5rem 1.5rem 5rem; }
h1, h2 { line-height: 1.2; letter-spacing: -0.015em; font-weight: 650; margin: 0; }
h1 { font-size: 2.25rem; }
h2 { font-size: 1.25rem; }
h2 + div, h2 + ul, h2 + dl { margin-top: 0.9rem; }
.caption { color: var(--soft); margin: 0.2rem 0 0.9rem; }
section, details { margin-top: 3.25rem; }
summary { font-size: 1.25rem; font-weight: 650; cursor: pointer; }
p { margin: 0; }
.eyebrow { color: var(--accent); font-size: 0.8rem; font-weight: 600; letter-spacing: 0.08em;
  text-transform: uppercase; margin-bottom: 0.4rem; }
.lede { font-size: 1.1rem; color: var(--soft); margin-top: 0.5rem; }
.facts { display: flex; flex-wrap: wrap; gap: 0.9rem 2.5rem; margin: 1.6rem 0 0; }
dt { color: var(--soft); font-size: 0.8rem; }
dd { margin: 0; overflow-wrap: anywhere; }
code { font: 0.82rem/1.5 ui-monospace, SFMono-Regular, Menlo, "DejaVu Sans Mono", monospace;
  overflow-wrap: anywhere; }
.command { display: block; margin-top: 1.4rem; padding: 0.6rem 0.9rem; border: 1px solid var(--line);
  border-radius: 6px; background: var(--card); color: var(--soft); }
.scroll { overflow-x: auto; background: var(--card); border: 1px solid var(--line);
  border-radius: 8px; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: 0.55rem 0.85rem; text-align: left; vertical-align: top; white-space: nowrap; }
th { font-size: 0.8rem; font-weight: 550; color: var(--soft); border-bottom: 1px solid var(--strong); }
th:first-child, td:first-child { position: sticky; left: 0; background: var(--card);
  padding-left: 1.1rem; }
td { border-top: 1px solid var(--line); }
tbody tr:first-child td { border-top: 0; }
tr.group td { border-top-color: var(--strong); }
td.name { font-weight: 600; }
td.again { color: var(--soft); font-weight: 400; }
.number { text-align: right; }
th .note { font-weight: 400; }
.note { display: block; color: var(--soft); font-size: 0.8rem; }
.good { color: var(--good); font-weight: 600; }
.bad { color: var(--bad); font-weight: 600; }
.muted { color: var(--soft); }
.bar { display: block; height: 4px; margin-top: 0.3rem; border-radius: 2px; background: var(--bar); }
svg.whisker { display: block; margin: 0.25rem 0 0 auto; }
.whisker line { stroke: var(--soft); stroke-width: 1.5; }
.whisker .zero { stroke: var(--strong); stroke-width: 1; }
.whisker circle { fill: var(--ink); }
.notes { margin: 0.9rem 0 0; padding: 0; list-style: none; color: var(--soft); font-size: 0.85rem;
  max-width: 56rem; }
.notes li + li { margin-top: 0.3rem; }
.remarks { margin: 0; padding: 0; list-style: none; }
.remarks li { padding: 0.7rem 0; border-top: 1px solid var(--line); max-width: 62rem; }
.remarks li:first-child { border-top: 0; padding-top: 0; }
.remarks strong { font-weight: 600; }
.remarks code { display: block; color: var(--soft); margin-top: 0.2rem; }
.machine { display: grid; grid-template-columns: repeat(auto-fill, minmax(17rem, 1fr));
  gap: 0.9rem 2rem; margin: 0; }
@media (max-width: 40rem) {
  main { padding: 2rem 1rem 3rem; }
  h1 { font-size: 1.75rem; }
  section { margin-top: 2.5rem; }
  th, td { padding: 0.5rem 0.6rem; }
  th:first-child, td:first-child { padding-left: 0.8rem; max-width: 9.5rem; white-space: normal;
    overflow-wrap: break-word; }
}
@media print {
  :root { --page: #fff; --card: #fff; --ink: #000; --soft: #444; --line: #ddd; --strong: #888;
    --good: #14532d; --bad: #8f1d12; --bar: #bbb; color-scheme: light; }
  body { font-size: 9pt; }
  main { max-width: none; padding: 0; }
  .scroll { overflow: visible; border: 0; }
  th, td { padding: 0.25rem 0.4rem; white-space: normal; }
  .bar, .whisker { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  tr, .remarks li { break-inside: avoid; }
  h2 { break-after: avoid; }
}
)css";

}  // namespace qbench
