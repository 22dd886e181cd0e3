import type { About, ServiceStatus } from './about.js';
import { dayOf } from './dates.js';
import { type Html, html } from './html.js';
import type { PageInput, Section } from './page-input.js';
import { STYLE } from './page-style.js';

/** Nothing may be loaded and nothing may run, even if a piece of data should ever be taken for markup. */
const CONTENT_SECURITY_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/** From the start of the document to where the services begin: who, when, what is inside and what is not. */
export function cover(input: PageInput): Html {
  const { about } = input;
  return html`<!doctype html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${CONTENT_SECURITY_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<title>Your personal data – ${about.controller.name}</title>
<style>${STYLE}</style>
</head>
<body>
<a class="skip" href="#summary">Skip to the summary</a>
<div class="layout">
${contents(input)}
<main>
<header class="cover" id="summary">
<p class="controller" dir="auto">${about.controller.name}</p>
<h1>Your personal data</h1>
<p class="lead">What we hold about ${input.person.displayName ? html`<bdi>${input.person.displayName}</bdi>` : 'you'}, why we have it, and what you can do about it.</p>
${incompleteBanner(about)}
${facts(input)}
${glance(input.sections)}
</header>
`;
}

function contents({ sections }: PageInput): Html {
  return html`<nav class="contents" aria-label="Contents">
<p class="nav-title">Contents</p>
<ol>
<li><a href="#summary">Summary</a></li>
${sections.map(
  ({ service, slug }) => html`<li><a href="#service-${slug}"><bdi>${service.title}</bdi></a></li>
`,
)}<li><a href="#rights">Your rights</a></li>
<li><a href="#decisions">Decisions and sharing</a></li>
<li><a href="#search">What was searched</a></li>
<li><a href="#files">The files</a></li>
<li><a href="#contact">Who to turn to</a></li>
</ol>
</nav>`;
}

function incompleteBanner(about: About): Html | null {
  const failed = about.services.filter(({ status }) => status === 'failed');
  if (failed.length === 0) return null;
  return html`<div class="banner" role="note">
<p><strong>This package is not complete: ${failed.map(({ title }, index) => [index > 0 ? ', ' : null, html`<bdi>${title}</bdi>`])} could not be read.</strong></p>
<p>What is missing is still owed to you. If it does not reach you, write to <a href="#contact">the people named at the end</a>.</p>
</div>`;
}

function facts({ person, about, requestId, receivedAt, generatedAt, sections }: PageInput): Html {
  const records = sections.reduce((sum, { service }) => sum + service.records, 0);
  const holding = sections.filter(({ service }) => service.records > 0).length;
  return html`<dl class="facts">
<div class="wide"><dt>Do we hold data about you?</dt><dd>${about.confirmation.text}</dd></div>
<div><dt>Inside</dt><dd>${count(records, 'record')} from ${count(holding, 'service')}</dd></div>
<div><dt>For</dt><dd><bdi>${person.displayName ?? person.accountId}</bdi>${person.emails.map((email) => html`<br><bdi>${email}</bdi>`)}</dd></div>
<div><dt>You asked on</dt><dd>${day(receivedAt)}</dd></div>
<div><dt>Put together on</dt><dd>${day(generatedAt)}</dd></div>
<div><dt>Request</dt><dd class="code">${requestId}</dd></div>
<div><dt>Account</dt><dd class="code">${person.accountId}</dd></div>
</dl>`;
}

function glance(sections: readonly Section[]): Html {
  return html`<div class="table" role="group" tabindex="0" aria-label="Services"><table class="glance">
<caption>Service by service</caption>
<thead><tr><th scope="col">Service</th><th scope="col">Result</th><th scope="col" class="amount">Records</th></tr></thead>
<tbody>
${sections.map(
  ({ service, slug }) =>
    html`<tr><th scope="row"><a href="#service-${slug}"><bdi>${service.title}</bdi></a></th><td>${statusPill(service.status)}</td><td class="amount">${service.status === 'failed' ? '–' : amount(service.records)}</td></tr>
`,
)}</tbody></table></div>`;
}

const STATUS: Readonly<Record<ServiceStatus, string>> = {
  complete: 'Complete',
  no_data: 'Nothing held',
  failed: 'Could not be read',
};

export const statusPill = (status: ServiceStatus): Html =>
  html`<span class="pill ${status.replace('_', '-')}">${STATUS[status]}</span>`;

export const amount = (value: number): string => value.toLocaleString('en-GB');

/** "1 record", "1,204 records". */
export const count = (value: number, thing: string): string => `${amount(value)} ${thing}${value === 1 ? '' : 's'}`;

const day = (date: Date) => html`<time datetime="${date.toISOString()}">${dayOf(date)}</time>`;
