import { Html, html } from '../exports/package/html.js';
import { STYLE } from '../exports/package/page-style.js';

/** How one thing stands that a link is about: nothing stopped it, it was stopped, or stopped so that it can be undone. */
export type Stopped = 'NO' | 'YES' | 'BY_LINK';

export interface UnsubscribePageInput {
  readonly controller: { readonly name: string; readonly address: string; readonly companyNumber: string };
  /** The Data Protection Specialist. */
  readonly dps: { readonly email: string; readonly address: string };
  /** The topic in plain words; null for a link about all marketing. */
  readonly topic: string | null;
  readonly topicStopped: Stopped;
  readonly allStopped: Stopped;
  /** What was done just now; null: the page was only opened. */
  readonly done: 'STOPPED' | 'UNDONE' | null;
}

/** What a form of the page asks for. */
export type Deed = 'stop-topic' | 'stop-all' | 'undo-topic' | 'undo-all';

/** The page behind a link: says how things stand, and changes them by buttons alone. It runs no script and loads nothing. */
export function unsubscribePage(input: UnsubscribePageInput): string {
  const { topic, topicStopped, allStopped, controller } = input;
  const title = titleOf(input);
  const offers = [
    ...(topic !== null && allStopped === 'NO' ? [offer('topic', topic, topicStopped)] : []),
    offer('all', `All marketing from ${controller.name}`, allStopped),
  ];
  return page(
    input,
    title,
    html`<p class="lead">${leadOf(input)}</p>
${offers}
<p class="description">Messages you need, such as answers to your requests, still come.</p>`,
  );
}

/** The page for a link that leads nowhere, or no longer. */
export function brokenLinkPage(
  input: Pick<UnsubscribePageInput, 'controller' | 'dps'>,
  problem: 'NOT_WHOLE' | 'EXPIRED',
): string {
  const why = problem === 'EXPIRED' ? 'It has expired.' : 'It is not whole: copy all of it from the message.';
  return page(
    input,
    'This link does not work',
    html`<p class="lead">${why} Nothing was changed. Write to <a href="mailto:${input.dps.email}">${input.dps.email}</a> and we stop for you.</p>`,
  );
}

function titleOf({ topic, topicStopped, allStopped, done }: UnsubscribePageInput): string {
  if (allStopped !== 'NO') return 'You get no marketing from us';
  if (topic !== null && topicStopped !== 'NO') return `You get nothing more about: ${topic}`;
  return done === 'UNDONE' ? 'As it was before' : 'Stop marketing messages';
}

function leadOf({ done }: UnsubscribePageInput): string {
  if (done === 'STOPPED') return 'Done. It counts from this moment.';
  if (done === 'UNDONE') return 'Undone: what held before holds again.';
  return 'Nothing is changed by opening this page.';
}

const BUTTONS = { NO: 'Stop', YES: 'Stopped', BY_LINK: 'Undo' } as const;

function offer(what: 'topic' | 'all', title: string, stopped: Stopped): Html {
  const deed: Deed = stopped === 'NO' ? `stop-${what}` : `undo-${what}`;
  const state = stopped === 'NO' ? 'Comes when you have allowed it.' : 'Stopped.';
  const button =
    stopped === 'YES'
      ? null
      : html`<form method="post"><button name="do" value="${deed}" aria-describedby="${what}">${BUTTONS[stopped]}</button></form>`;
  return html`<section class="offer">
<div><h2 id="${what}">${title}</h2><p>${state}</p></div>
${button}
</section>
`;
}

function page(
  { controller, dps }: Pick<UnsubscribePageInput, 'controller' | 'dps'>,
  title: string,
  body: Html,
): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title} – ${controller.name}</title>
<style>${UNSUBSCRIBE_STYLE}</style>
</head>
<body>
<div class="layout">
<main>
<header class="cover">
<p class="controller">${controller.name}</p>
<h1>${title}</h1>
</header>
${body}
<footer>
<p>${controller.name}, company number ${controller.companyNumber}, ${controller.address}</p>
<p>Data Protection Specialist: <a href="mailto:${dps.email}">${dps.email}</a>, ${dps.address}. <a href="/policy">Privacy policy</a></p>
</footer>
</main>
</div>
</body>
</html>
`.toString();
}

/** All of the page's style; the header that forbids every other is made of it. */
export const UNSUBSCRIBE_STYLE: Html = new Html(`${STYLE}
.layout { grid-template-columns: minmax(0, 44rem); justify-content: center; }
.offer { display: flex; flex-wrap: wrap; justify-content: space-between; align-items: center; gap: 1rem; margin-top: 1.25rem; background: var(--card); border: 1px solid var(--line); border-radius: 0.9rem; padding: 1.2rem 1.5rem; }
.offer h2 { font-size: 1.2rem; }
.offer p { color: var(--quiet); margin-top: 0.2rem; }
button { font: 600 1rem/1.4 var(--sans); color: var(--card); background: var(--accent); border: 0; border-radius: 0.6rem; padding: 0.6rem 1.4rem; min-height: 2.75rem; cursor: pointer; }
button:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
`);
