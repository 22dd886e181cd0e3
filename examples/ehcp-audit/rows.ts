import type { Faker } from '@faker-js/faker';
import type { Row, TableRows } from '../company/bulk-load.js';
import { repeat, soonAfter, tableRows } from '../company/invented-rows.js';
import { type Organisation, organisations } from '../people/organisations.js';
import { fakerOf, type Person, REFERENCE_DATE } from '../people.js';
import { AUDIT_THEMES, COMMENTS, CRITERIA, GRADES, NEEDS, YEAR_GROUPS } from './wording.js';

/** How much members have in the tool: audits each, plans per audit, findings per plan, comments. */
const AMOUNTS = {
  light: { audits: [0, 3], plans: [2, 4], findings: [3, 5], comments: [0, 6] },
  moderate: { audits: [5, 5], plans: [3, 3], findings: [4, 4], comments: [24, 24] },
  heavy: { audits: [30, 36], plans: [10, 12], findings: [5, 7], comments: [350, 450] },
} as const;
const DAY = 86_400_000;

/** The audit tool's first day, always the same for the same people. */
export function auditRows(people: readonly Person[]): TableRows[] {
  const faker = fakerOf(1);
  const places = organisations();
  const organisationIds = new Map(places.map((place, i) => [place.name, i + 1]));
  const known = people.filter((person) => person.externalIds.ehcp_audit !== undefined);

  const members: Row[] = known.map((person, i) => [
    i + 1,
    person.externalIds.ehcp_audit ?? null,
    person.emails[0] ?? null,
    person.displayName,
    person.jobTitle,
    organisationIds.get(person.organisation) ?? null,
    person.registeredAt,
  ]);
  const audits: Row[] = [];
  const plans: Row[] = [];
  const findings: Row[] = [];
  known.forEach((person, i) => {
    const town = places.find((place) => place.name === person.organisation)?.town ?? '';
    addAudits(faker, { person, member: i + 1, town, audits, plans, findings });
  });
  return [
    tableRows('organisations', 'id name kind town licensed_until', places.map(licence)),
    tableRows('members', 'id external_id email name role organisation_id joined_at', members),
    tableRows('audits', 'id lead_member_id title status opened_at closed_at', audits),
    tableRows('audited_plans', 'id audit_id plan_reference year_group needs_category overall_grade audited_at', plans),
    tableRows('findings', 'id audited_plan_id criterion grade note recorded_at', findings),
    tableRows('comments', 'id author_member_id finding_id body written_at', comments(faker, known, findings.length)),
  ];
}

/** Licences end with a school year. */
const licence = (place: Organisation, i: number): Row => [
  i + 1,
  place.name,
  place.kind,
  place.town,
  `${2027 + (i % 3)}-08-31`,
];

interface Led {
  readonly person: Person;
  readonly member: number;
  readonly town: string;
  readonly audits: Row[];
  readonly plans: Row[];
  readonly findings: Row[];
}

function addAudits(faker: Faker, { person, member, town, audits, plans, findings }: Led): void {
  const amount = AMOUNTS[person.volume];
  repeat(faker, amount.audits, () => {
    const openedAt = faker.date.between({ from: person.registeredAt, to: REFERENCE_DATE });
    const closedAt = new Date(openedAt.getTime() + faker.number.int({ min: 14, max: 90 }) * DAY);
    const closed = closedAt < REFERENCE_DATE;
    const audit = audits.push([
      audits.length + 1,
      member,
      `${faker.helpers.arrayElement(AUDIT_THEMES)}, ${town}, ${term(openedAt)}`,
      closed ? 'closed' : 'open',
      openedAt,
      closed ? closedAt : null,
    ]);
    repeat(faker, amount.plans, () => {
      const auditedAt = soonAfter(faker, openedAt, 10);
      const plan = plans.push([
        plans.length + 1,
        audit,
        `${town.slice(0, 3).toUpperCase()}-${faker.string.numeric(6)}`,
        faker.helpers.arrayElement(YEAR_GROUPS),
        faker.helpers.arrayElement(NEEDS),
        faker.helpers.arrayElement(GRADES),
        auditedAt,
      ]);
      repeat(faker, amount.findings, () => {
        const criterion = faker.helpers.arrayElement(CRITERIA);
        const grade = faker.helpers.arrayElement(GRADES);
        const good = grade === 'Outstanding' || grade === 'Good';
        const note = faker.helpers.arrayElement(good ? criterion.strengths : criterion.gaps);
        findings.push([findings.length + 1, plan, criterion.name, grade, note, soonAfter(faker, auditedAt, 10)]);
      });
    });
  });
}

/** Members comment on each other's findings: a comment is its author's, the finding mostly somebody else's. */
function comments(faker: Faker, members: readonly Person[], findings: number): Row[] {
  const rows: Row[] = [];
  members.forEach((person, i) => {
    repeat(faker, AMOUNTS[person.volume].comments, () => {
      rows.push([
        rows.length + 1,
        i + 1,
        faker.number.int({ min: 1, max: findings }),
        faker.helpers.arrayElement(COMMENTS),
        faker.date.between({ from: person.registeredAt, to: REFERENCE_DATE }),
      ]);
    });
  });
  return rows;
}

function term(date: Date): string {
  const month = date.getUTCMonth();
  return `${month < 3 ? 'spring' : month < 8 ? 'summer' : 'autumn'} ${date.getUTCFullYear()}`;
}
