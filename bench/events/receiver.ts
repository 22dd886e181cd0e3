import { answerPosts } from '../gateway/answer-posts.js';

/** When each withdrawal came, by who it is about: milliseconds since 1970. */
let came: [externalId: string, at: number][] = [];

answerPosts((body) => {
  const { type, data } = JSON.parse(body) as { type: string; data: { externalId: string } };
  if (type === 'consent.withdrawn') came.push([data.externalId, performance.timeOrigin + performance.now()]);
  return '{}';
});

/** Tells what came since it was asked last. */
process.on('message', () => {
  process.send?.({ came });
  came = [];
});
