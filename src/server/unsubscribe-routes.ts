import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { badInput } from '../errors.js';
import { howLinkStands, type LinkDeed, useLink } from '../marketing/unsubscribe-desk.js';
import { type Link, readToken } from '../marketing/unsubscribe-link.js';
import {
  brokenLinkPage,
  type Deed,
  UNSUBSCRIBE_STYLE,
  type UnsubscribePageInput,
  unsubscribePage,
} from '../marketing/unsubscribe-page.js';
import type { World } from '../world.js';

/** Nothing but the page's own style and its own forms: no script, no image, in nobody's frame. */
const CONTENT_SECURITY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(UNSUBSCRIBE_STYLE.toString()).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

const LARGEST_FORM = 4_096;

type TokenParams = { Params: { token: string } };

/**
 * `/unsubscribe/:token`, for whoever has the link, without login or cookie (RFC 8058): `POST` alone acts, so that whoever
 * looks at links beforehand stops nothing; `GET` shows a page with buttons.
 */
export async function unsubscribeRoutes(app: FastifyInstance, world: World): Promise<void> {
  await app.register(async (routes) => {
    routes.addContentTypeParser(
      ['application/x-www-form-urlencoded', 'multipart/form-data'],
      { parseAs: 'string', bodyLimit: LARGEST_FORM },
      (_request, body, done) => done(null, body),
    );
    routes.get<TokenParams>('/unsubscribe/:token', async ({ params }, reply) => {
      const link = readLink(world, params.token);
      return typeof link === 'string' ? sendBroken(reply, link) : sendPage(reply, link, null);
    });
    routes.post<TokenParams & { Body: unknown }>('/unsubscribe/:token', async ({ params, body }, reply) => {
      const link = readLink(world, params.token);
      if (typeof link === 'string') return sendBroken(reply, link);
      const deed = deedOf(String(body ?? ''), link);
      await useLink(world.db, world.clock.now(), link, deed);
      return sendPage(reply, link, deed.act === 'stop' ? 'STOPPED' : 'UNDONE');
    });
  });

  async function sendPage(reply: FastifyReply, link: Link, done: UnsubscribePageInput['done']): Promise<FastifyReply> {
    const { controller, dps, marketing } = world.config;
    const { topic, all } = await howLinkStands(world.db, link);
    // A topic that is marketed about no longer can be stopped all the same.
    const title = marketing.topics.find(({ key }) => key === link.topic)?.title ?? link.topic;
    return send(reply, unsubscribePage({ controller, dps, topic: title, topicStopped: topic, allStopped: all, done }));
  }

  function sendBroken(reply: FastifyReply, problem: 'NOT_WHOLE' | 'EXPIRED'): FastifyReply {
    const { controller, dps } = world.config;
    return send(reply.code(problem === 'EXPIRED' ? 410 : 404), brokenLinkPage({ controller, dps }, problem));
  }
}

const send = (reply: FastifyReply, page: string): FastifyReply =>
  reply.type('text/html; charset=utf-8').header('content-security-policy', CONTENT_SECURITY).send(page);

function readLink({ keys, clock }: World, token: string): Link | 'NOT_WHOLE' | 'EXPIRED' {
  const link = readToken(keys, token);
  if (!link) return 'NOT_WHOLE';
  return link.expiresAt < clock.now() ? 'EXPIRED' : link;
}

const DEEDS: Readonly<Record<Deed, Omit<LinkDeed, 'channel'>>> = {
  'stop-topic': { act: 'stop', what: 'topic' },
  'stop-all': { act: 'stop', what: 'all' },
  'undo-topic': { act: 'undo', what: 'topic' },
  'undo-all': { act: 'undo', what: 'all' },
};

/** The form RFC 8058 says, in either encoding, from a mail program; or one of the page. */
const ONE_CLICK_PART = /name="?List-Unsubscribe"?\s*\r?\n(?:[^\r\n]+\r?\n)*\r?\nOne-Click\s*\r?\n--/i;

function deedOf(body: string, { topic }: Link): LinkDeed {
  const form = new URLSearchParams(body);
  if (form.get('List-Unsubscribe') === 'One-Click' || ONE_CLICK_PART.test(body)) {
    return { act: 'stop', what: topic === null ? 'all' : 'topic', channel: 'EMAIL' };
  }
  const asked = form.get('do') ?? '';
  if (!Object.hasOwn(DEEDS, asked))
    throw badInput('body', 'must be List-Unsubscribe=One-Click, or a form of this page.');
  const { act, what } = DEEDS[asked as Deed];
  return { act, what: topic === null ? 'all' : what, channel: 'WEB' };
}
