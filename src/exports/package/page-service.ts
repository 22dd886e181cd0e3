import type { About } from './about.js';
import { type Html, html } from './html.js';
import { amount, count, statusPill } from './page-cover.js';
import type { Section } from './page-input.js';
import type { CollectionReport, FileReport } from './report.js';
import { humanise } from './titles.js';

/** One service up to its first collection: what it is and, beside the data, why we have it (Article 15(1)). */
export function serviceStart({ service, slug }: Section, about: About): Html {
  return html`<section class="service" id="service-${slug}" aria-labelledby="title-${slug}">
<header>
<h2 id="title-${slug}" dir="auto">${service.title}</h2>
<p class="result">${statusPill(service.status)}${service.status === 'complete' ? html` <span>${count(service.records, 'record')}</span>` : null}</p>
${service.description ? html`<p class="description" dir="auto">${service.description}</p>` : null}
</header>
${service.status === 'failed' ? html`<div class="banner" role="note"><p><strong>This package is not complete: nothing of this service is in it.</strong> <span dir="auto">${service.reason}</span></p></div>` : null}
${service.status === 'no_data' ? html`<p class="nothing">We searched this service and found nothing about you.</p>` : null}
${why(service, slug, about)}
`;
}

export function collectionStart({ slug }: Section, collection: CollectionReport): Html {
  const files = dataFiles(collection);
  return html`<section class="collection">
<h3 dir="auto">${collection.title}</h3>
<p class="meta">${count(collection.records, 'record')}${files.map(
    (file) =>
      html` <a href="${pathOf(slug, file)}" aria-label="${collection.title} as ${extension(file)}">${extension(file)}</a>`,
  )}</p>
${collection.description ? html`<p class="description" dir="auto">${collection.description}</p>` : null}
${glossary(collection)}
`;
}

function glossary({ title, fields }: CollectionReport): Html | null {
  if (fields.length === 0) return null;
  return html`<details class="glossary"><summary>What the fields of “<bdi>${title}</bdi>” mean</summary>
<dl>${fields.map(({ name, description }) => html`<div><dt dir="auto">${humanise(name)}</dt><dd dir="auto">${description}</dd></div>`)}</dl>
</details>`;
}

/** Says plainly when the page has less than the files. */
export function collectionEnd({ slug }: Section, collection: CollectionReport): Html {
  const left = collection.records - collection.shown;
  const file = dataFiles(collection)[0];
  if (left === 0 || !file)
    return html`</section>
`;
  const shown =
    collection.shown === 0
      ? 'The records are not on this page.'
      : `These are the first ${amount(collection.shown)}; ${amount(left)} more are not on this page.`;
  return html`<p class="notice">${shown} All ${amount(collection.records)} are in <a href="${pathOf(slug, file)}">${pathOf(slug, file)}</a>.</p>
</section>
`;
}

export const serviceEnd = (): Html => html`</section>
`;

/** The names of a part's files were made by `EntryNames`: nothing of the service's own stands in an address. */
export const pathOf = (slug: string, file: FileReport): string => `data/${slug}/${file.name}`;

/** What goes into the package as a file of its own. */
export const dataFiles = ({ files }: CollectionReport): FileReport[] =>
  files.filter((file) => !file.name.endsWith('.html'));

const extension = (file: FileReport) => file.name.slice(file.name.lastIndexOf('.') + 1).toUpperCase();

function why(service: About['services'][number], slug: string, about: About): Html {
  return html`<div class="why">
<h3 id="why-${slug}">Why we have it</h3>
<div class="table" role="group" tabindex="0" aria-labelledby="why-${slug}"><table>
<thead><tr><th scope="col">What we use it for</th><th scope="col">Which data</th><th scope="col">Lawful basis</th><th scope="col">Who receives it</th><th scope="col">Kept for</th></tr></thead>
<tbody>
${service.uses.map(
  (
    use,
  ) => html`<tr><th scope="row" dir="auto">${use.purpose.name ? html`${use.purpose.name} <span class="purpose">${use.purpose.title}</span>` : use.purpose.title}</th><td dir="auto">${listed(use.categories)}</td><td>${use.lawfulBasis ?? html`<span class="none">–</span>`}</td><td dir="auto">${use.recipients}</td><td dir="auto">${use.retention}</td></tr>
`,
)}</tbody></table></div>
<dl>
${entry('Where it comes from', service.source)}${entry('Where it is kept', place(service.location))}${entry('Run by', service.affiliation === 'AFFILIATED' ? about.controller.name : 'Another company')}${service.retention.map((rule) => entry(`“${rule.title}” kept for`, rule.period))}</dl>
</div>`;
}

function place(location: About['services'][number]['location']): string {
  if (!location.outsideUk) return location.countryName;
  const where = location.outsideEea ? 'outside the UK and the EEA' : 'outside the UK, inside the EEA';
  return `${location.countryName}, ${where}. Protected by ${location.safeguard}.`;
}

const listed = (items: readonly { readonly title: string }[]) => items.map(({ title }) => title).join(', ');

const entry = (term: string, text: string): Html =>
  html`<div><dt dir="auto">${term}</dt><dd dir="auto">${text}</dd></div>
`;
