import { dateHtml } from '../exports/package/dates.js';
import { Html, html } from '../exports/package/html.js';
import { STYLE } from '../exports/package/page-style.js';
import { readablePeriod } from '../exports/package/retention.js';
import type { LawfulBasis } from '../services/service.js';
import type { Taxonomy } from '../services/taxonomy.js';
import { type Heading, renderMarkdown } from './markdown.js';
import type { Policy, PolicyPurpose } from './policies.js';

export interface PolicyPageInput {
  readonly policy: Policy;
  readonly purposes: readonly PolicyPurpose[];
  /** Every version, the first one first. */
  readonly versions: readonly Pick<Policy, 'version' | 'effectiveFrom'>[];
  /** Number of the version in force; null before the first. */
  readonly inForce: number | null;
  readonly controller: { readonly name: string; readonly address: string; readonly companyNumber: string };
  /** The Data Protection Specialist. */
  readonly dps: { readonly email: string; readonly address: string };
  readonly taxonomy: Taxonomy;
}

const BASES: Readonly<Record<LawfulBasis, string>> = {
  CONSENT: 'your consent, which you can take back at any time',
  CONTRACT: 'our contract with you',
  LEGAL_OBLIGATION: 'the law obliges us',
  VITAL_INTERESTS: 'to protect somebody’s life',
  PUBLIC_TASK: 'a task in the public interest; you can object',
  LEGITIMATE_INTERESTS: 'our legitimate interests; you can object',
};

/** A version of the policy, whole, on one page that runs no script, loads nothing and prints well. */
export function policyPage(input: PolicyPageInput): string {
  const { policy, purposes, controller } = input;
  const { html: body, headings } = renderMarkdown(policy.text);
  const usesAnchor = freeAnchor('uses-of-data', headings);
  const chapters = headings.filter(({ level }) => level === 2);
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${policy.title}, version ${policy.version} – ${controller.name}</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
<a class="skip" href="#text">Skip to the text</a>
<div class="layout">
<nav class="contents" aria-label="Contents">
<p class="nav-title">Contents</p>
<ol>${chapters.map(({ anchor, text }) => html`<li><a href="#${anchor}">${text}</a></li>\n`)}<li><a href="#${usesAnchor}">Every use of data</a></li></ol>
</nav>
<main id="text">
<header class="cover">
<p class="controller">${controller.name}</p>
<h1>${policy.title}</h1>
<p class="lead">Version ${policy.version}, ${validity(input)}</p>
<p>Save it: <a href="/policy/${policy.version}.md">Markdown</a>, <a href="/policy/${policy.version}.txt">plain text</a>, or print this page. SHA-256 of the text: <code>${policy.textSha256}</code></p>
${otherVersions(input)}
</header>
<div class="prose policy">
${new Html(body)}
<h2 id="${usesAnchor}">Every use of data</h2>
<p>What this version says of each use of personal data, in the words you are asked with where a use needs your consent.</p>
</div>
${purposes.map((purpose) => use(purpose, input.taxonomy))}
${footer(input)}
</main>
</div>
</body>
</html>
`.toString();
}

function use(purpose: PolicyPurpose, taxonomy: Taxonomy): Html {
  const categories = purpose.categories.map((key) => taxonomy.category(key)?.title ?? key);
  return html`<section class="use">
<h3>${purpose.title}</h3>
<p>${purpose.description}</p>
<dl>
<div><dt>It rests on</dt><dd>${BASES[purpose.lawfulBasis]}</dd></div>
<div><dt>Data</dt><dd>${categories.join(', ')}</dd></div>
<div><dt>Kept</dt><dd>${purpose.retention === null ? 'as long as this use needs it' : readablePeriod(purpose.retention)}</dd></div>
<div><dt>Given to</dt><dd>${purpose.recipients.length > 0 ? purpose.recipients.join('; ') : 'nobody outside the company'}</dd></div>
<div><dt>Marketing</dt><dd>${purpose.marketing ? 'yes: you can always refuse it' : 'no'}</dd></div>
</dl>
</section>
`;
}

/** "in force since …", with the day it ended where there is a later one. */
function validity({ policy, versions, inForce }: PolicyPageInput): Html {
  const from = dateHtml(policy.effectiveFrom);
  if (policy.version === inForce) return html`in force since ${from}`;
  if (inForce === null || policy.version > inForce) return html`not in force yet: it will be from ${from}`;
  const next = versions.find(({ version }) => version > policy.version);
  return html`in force from ${from}${next ? html` until ${dateHtml(next.effectiveFrom)}` : null}; no longer in force`;
}

function otherVersions({ policy, versions }: PolicyPageInput): Html | null {
  const others = versions.filter(({ version }) => version !== policy.version);
  if (others.length === 0) return null;
  const links = others.map(
    ({ version, effectiveFrom }) =>
      html`<li><a href="/policy/${version}">Version ${version}</a>, effective from ${dateHtml(effectiveFrom)}</li>\n`,
  );
  return html`<nav aria-label="Other versions"><p class="nav-title">Other versions</p><ul>${links}</ul></nav>`;
}

function footer({ policy, controller, dps }: PolicyPageInput): Html {
  return html`<footer>
<p>${controller.name}, company number ${controller.companyNumber}, ${controller.address}</p>
<p>Data Protection Specialist: <a href="mailto:${dps.email}">${dps.email}</a>, ${dps.address}</p>
<p>${policy.title}, version ${policy.version}, effective from ${dateHtml(policy.effectiveFrom)}</p>
</footer>`;
}

function freeAnchor(wanted: string, headings: readonly Heading[]): string {
  return headings.some(({ anchor }) => anchor === wanted) ? freeAnchor(`${wanted}-all`, headings) : wanted;
}

/** All of the page's style; the header that forbids every other is made of it. */
export const PAGE_STYLE: Html = new Html(`${STYLE}
.cover nav ul { padding-inline-start: 1.2rem; }
.policy { font-size: 1.05rem; }
.policy h2 { margin-top: 2.5rem; }
.policy ol, .policy ul { padding-inline-start: 1.4rem; max-width: 42rem; }
.policy table { max-width: 100%; }
.use { margin-top: 1.5rem; background: var(--card); border: 1px solid var(--line); border-radius: 0.9rem; padding: 1.2rem 1.5rem; break-inside: avoid; }
.use > p { max-width: 42rem; margin-top: 0.4rem; }
.use > dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(14rem, 1fr)); gap: 0.75rem 2rem; margin-top: 0.9rem; }
`);
