import { dayOf } from './dates.js';
import { type Html, html } from './html.js';
import { statusPill } from './page-cover.js';
import type { PageInput } from './page-input.js';

/** What belongs to no one service: rights, decisions, sharing, what was searched, the files, and who to turn to. */
export function closing({ about, generatedAt, requestId }: PageInput): Html {
  const { complaints, controller, dataProtectionSpecialist: dps, search } = about;
  return html`<section class="prose" id="rights">
<h2>Your rights</h2>
<p>Besides having this copy, the law gives you the rights below. Using one costs nothing; we answer within one month.</p>
<dl class="rights">
${about.rights.map(
  (
    right,
  ) => html`<div><dt>${right.title} <span class="article">Article ${right.article}</span></dt><dd>${right.text}</dd></div>
`,
)}</dl>
</section>
<section class="prose" id="decisions">
<h2>Decisions and sharing</h2>
<h3>Decisions made by a machine alone</h3>
<p>${about.automatedDecisions.text}</p>
<h3>What was passed on</h3>
${
  about.disclosures.length === 0
    ? html`<p>Besides the regular recipients named with each service, we passed your data on to nobody.</p>`
    : html`<p>Besides the regular recipients named with each service, we passed your data on to:</p>
<ul>${about.disclosures.map((disclosure) => html`<li><bdi>${disclosure.recipient}</bdi>, <time datetime="${disclosure.at}">${dayOf(new Date(disclosure.at))}</time>: <bdi>${disclosure.purpose}</bdi></li>`)}</ul>`
}
</section>
<section class="prose" id="search">
<h2>What was searched</h2>
<p>We asked every service that may hold data about you:</p>
<ul class="plain">${search.searched.map(({ title, status }) => html`<li>${statusPill(status)} <bdi>${title}</bdi></li>`)}</ul>
<p>${search.text}</p>
${search.withheld.length > 0 ? html`<ul>${search.withheld.map(({ what, exemption }) => html`<li><bdi>${what}</bdi> – <bdi>${exemption}</bdi></li>`)}</ul>` : null}
</section>
<section class="prose" id="files">
<h2>The files</h2>
<p>This page is for reading. Beside it, once the package is unpacked, are:</p>
<dl class="files">
<div><dt><code>data</code></dt><dd>One folder for each service, one file for each kind of record. JSON files are the exact copy, for programs. CSV files open in a spreadsheet; a text that a spreadsheet might run as a formula begins with an apostrophe there.</dd></div>
<div><dt><code>about.json</code></dt><dd>What this page explains about your data, for programs.</dd></div>
<div><dt><code>manifest.json</code></dt><dd>Every file with its size and SHA-256, so that anybody can check that nothing was changed or lost.</dd></div>
</dl>
<p>Field names are those of the services, made readable. A dash (–) means that nothing is held there. Times are those of the United Kingdom.</p>
</section>
<section class="prose" id="contact">
<h2>Who to turn to</h2>
<div class="contacts">
<div>
<h3>Questions and complaints to us</h3>
<p>${complaints.toUs.text}</p>
<p><strong>Data Protection Specialist</strong>${dps.name ? html`<br><bdi>${dps.name}</bdi>` : null}<br><bdi>${dps.email}</bdi><br><bdi>${dps.address}</bdi></p>
<p><strong>Responsible for your data</strong><br><bdi>${controller.name}</bdi>, company number ${controller.companyNumber}<br><bdi>${controller.address}</bdi></p>
</div>
<div>
<h3>Complaints to the authority</h3>
<p>${complaints.toAuthority.text}</p>
<p><strong>${complaints.toAuthority.name}</strong><br><a href="https://ico.org.uk/make-a-complaint/">${complaints.toAuthority.url}</a><br>${complaints.toAuthority.phone}<br>${complaints.toAuthority.address}</p>
</div>
</div>
</section>
<footer><p>Put together on ${dayOf(generatedAt)} for request <span class="code">${requestId}</span>. Keep it somewhere only you can open.</p></footer>
</main>
</div>
</body>
</html>
`;
}
