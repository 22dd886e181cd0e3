import type { Faker } from '@faker-js/faker';
import type { Row, TableRows } from '../company/bulk-load.js';
import { repeat, soonAfter, tableRows } from '../company/invented-rows.js';
import { fakerOf, type Person, REFERENCE_DATE } from '../people.js';
import { SOURCES, TOPICS, USER_AGENTS } from './wording.js';

const TOPIC_NAMES = Object.keys(TOPICS) as (keyof typeof TOPICS)[];
/** How many topics, and since when: each topic has one newsletter a month. */
const READING = {
  light: { topics: [1, 3], from: '2024-09-01T00:00:00Z', to: '2026-06-01T00:00:00Z' },
  moderate: { topics: [3, 3], from: '2024-06-01T00:00:00Z', to: '2024-10-01T00:00:00Z' },
  heavy: { topics: [6, 6], from: '2019-09-01T00:00:00Z', to: '2020-03-01T00:00:00Z' },
} as const;

interface Campaign {
  readonly id: number;
  readonly topic: string;
  readonly sentAt: Date;
  readonly row: Row;
}

/** The newsletter's first day, always the same for the same people. */
export function newsletterRows(people: readonly Person[]): TableRows[] {
  const faker = fakerOf(4);
  const campaigns = monthlyCampaigns(faker);
  const subscriptions: Row[] = [];
  const sends: Row[] = [];
  const opens: Row[] = [];
  for (const person of people) {
    if (person.externalIds.newsletter === undefined) continue;
    const reading = READING[person.volume];
    const topics = faker.helpers.arrayElements(TOPIC_NAMES, { min: reading.topics[0], max: reading.topics[1] });
    topics.forEach((topic, nth) => {
      const subscribedAt = faker.date.between(reading);
      const ends = person.volume === 'light' && faker.datatype.boolean(0.2);
      const unsubscribedAt = ends ? soonAfter(faker, subscribedAt, 400) : null;
      const subscription = subscriptions.push([
        subscriptions.length + 1,
        // From the second topic on some subscribe with their private address, without a word of who they are.
        (nth > 0 ? person.emails.at(-1) : person.emails[0]) ?? null,
        nth > 0 ? null : (person.externalIds.newsletter ?? null),
        topic,
        faker.helpers.arrayElement(SOURCES),
        subscribedAt,
        unsubscribedAt,
      ]);
      const until = unsubscribedAt ?? REFERENCE_DATE;
      for (const campaign of campaigns) {
        if (campaign.topic !== topic || campaign.sentAt < subscribedAt || campaign.sentAt > until) continue;
        addSend(faker, subscription, campaign, { sends, opens });
      }
    });
  }
  return [
    tableRows('subscriptions', 'id email external_id topic source subscribed_at unsubscribed_at', subscriptions),
    tableRows(
      'campaigns',
      'id title topic sent_at',
      campaigns.map(({ row }) => row),
    ),
    tableRows('sends', 'id subscription_id campaign_id sent_at status', sends),
    tableRows('opens', 'id send_id opened_at user_agent', opens),
  ];
}

function monthlyCampaigns(faker: Faker): Campaign[] {
  const campaigns: Campaign[] = [];
  for (let month = new Date('2019-09-01T07:30:00Z'); month < REFERENCE_DATE; month = nextMonth(month)) {
    for (const topic of TOPIC_NAMES) {
      const id = campaigns.length + 1;
      const sentAt = new Date(month.getTime() + faker.number.int({ min: 0, max: 27 }) * 86_400_000);
      campaigns.push({ id, topic, sentAt, row: [id, faker.helpers.arrayElement(TOPICS[topic]), topic, sentAt] });
    }
  }
  return campaigns;
}

function nextMonth(date: Date): Date {
  const next = new Date(date);
  next.setUTCMonth(date.getUTCMonth() + 1);
  return next;
}

interface Sent {
  readonly sends: Row[];
  readonly opens: Row[];
}

function addSend(faker: Faker, subscription: number, campaign: Campaign, { sends, opens }: Sent): void {
  const status = faker.datatype.boolean(0.02) ? 'bounced' : 'delivered';
  const send = sends.push([sends.length + 1, subscription, campaign.id, campaign.sentAt, status]);
  if (status === 'bounced' || faker.datatype.boolean(0.55)) return;
  repeat(faker, [1, 2], () => {
    const userAgent = faker.helpers.arrayElement(USER_AGENTS);
    opens.push([opens.length + 1, send, soonAfter(faker, campaign.sentAt, 4), userAgent]);
  });
}
