/** Where the people of the demo work. Every place, school and council is invented; addresses of `.example` reach nobody. */
export interface Organisation {
  readonly name: string;
  readonly kind: 'local authority' | 'school';
  /** The name of the local authority it belongs to; its own for an authority. */
  readonly authority: string;
  readonly town: string;
  /** Domain of its e-mail and web addresses. */
  readonly domain: string;
}

const TOWNS = [
  'Thornbeck',
  'Hartwell Vale',
  'Ashcombe',
  'Northmoor',
  'Penmaen Bach',
  'Wychford',
  'Saltmarsh',
  'Kirkdale Heath',
  'Brackenhurst',
  'Oldcastle Bay',
  'Merrowdown',
  'Stonebridge Cross',
] as const;

const SCHOOLS = [
  'Oakfield Primary School',
  'St Brannoc’s C of E Primary School',
  'Riverside Academy',
  'The Larches Special School',
  'Willow Grove Infant School',
] as const;

const JOB_TITLES = {
  'local authority': [
    'EHC Coordinator',
    'SEND Caseworker',
    'Educational Psychologist',
    'Quality Assurance Lead',
    'Specialist Advisory Teacher',
    'SEND Service Manager',
    'Designated Social Care Officer',
  ],
  school: [
    'SENCO',
    'Assistant SENCO',
    'Headteacher',
    'Inclusion Manager',
    'Pastoral Lead',
    'Teaching Assistant',
    'Governor for SEND',
  ],
} as const;

/** Every organisation, always in the same order: for each town the council first, then its schools. */
export function organisations(): Organisation[] {
  return TOWNS.flatMap((town) => {
    const authority = `${town} Council`;
    const council: Organisation = { name: authority, kind: 'local authority', authority, town, domain: domain(town) };
    const schools = SCHOOLS.map(
      (school): Organisation => ({
        name: `${school}, ${town}`,
        kind: 'school',
        authority,
        town,
        domain: domain(school.replace(/ (C of E|Primary|Infant|Special|School)\b/g, ''), town),
      }),
    );
    return [council, ...schools];
  });
}

export const jobTitles = (kind: Organisation['kind']): readonly string[] => JOB_TITLES[kind];

function domain(...words: string[]): string {
  const label = words
    .join(' ')
    .toLowerCase()
    .replace(/’/g, '')
    .replace(/[^a-z]+/g, '-');
  return `${label}.example`;
}
