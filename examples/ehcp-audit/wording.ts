/** What auditors of Education, Health and Care Plans write, by section of the plan (Children and Families Act 2014, s. 37). */
export interface Criterion {
  readonly name: string;
  readonly strengths: readonly string[];
  readonly gaps: readonly string[];
}

export const CRITERIA: readonly Criterion[] = [
  {
    name: 'Section A: views, interests and aspirations',
    strengths: [
      'The child’s own words open the section and shape what follows.',
      'The family’s story is told once, plainly and with respect.',
    ],
    gaps: [
      'The views read as an adult’s summary; it is not said how the child was asked.',
      'Aspirations stop at the end of this school year.',
    ],
  },
  {
    name: 'Section B: special educational needs',
    strengths: [
      'Every need identified in the advice is carried across.',
      'Strengths stand beside needs, so the picture is of a whole child.',
    ],
    gaps: [
      'A diagnosis is given where the need it causes should be described.',
      'Speech and language needs in the therapist’s report are missing here.',
    ],
  },
  {
    name: 'Section C: health needs related to SEN',
    strengths: ['Health needs are linked to their effect on learning.'],
    gaps: ['The section says “none known” though the paediatrician’s advice names two.'],
  },
  {
    name: 'Section D: social care needs',
    strengths: ['Short breaks are described with their reason.'],
    gaps: ['Early help is in place but is not mentioned.'],
  },
  {
    name: 'Section E: outcomes',
    strengths: [
      'Outcomes are specific, have a date, and could be judged by somebody new.',
      'Outcomes look to the end of the key stage and beyond it.',
    ],
    gaps: [
      'Two outcomes describe provision rather than what the child will be able to do.',
      '“Make progress in communication” cannot be measured.',
    ],
  },
  {
    name: 'Section F: special educational provision',
    strengths: [
      'Provision is quantified: who, how often, how long and with what training.',
      'Each need in section B has provision here, in the same order.',
    ],
    gaps: [
      '“Access to” and “as appropriate” leave the provision open to argument.',
      'Small-group work is named without its frequency.',
    ],
  },
  {
    name: 'Section G: health provision',
    strengths: ['The health commissioner has agreed the provision, with a date.'],
    gaps: ['Occupational therapy is described but nobody is named to provide it.'],
  },
  {
    name: 'Section I: placement',
    strengths: ['The type and name of the setting agree with the final plan.'],
    gaps: ['The section was completed in the draft plan.'],
  },
  {
    name: 'Section K: advice and information',
    strengths: ['All advice is listed with author and date and is attached.'],
    gaps: ['The educational psychologist’s advice is more than two years old.'],
  },
  {
    name: 'Golden thread from need to outcome',
    strengths: ['Aspiration, need, provision and outcome can be followed without a guess.'],
    gaps: ['Sensory needs appear in section B and are lost from section E onwards.'],
  },
];

export const GRADES = ['Outstanding', 'Good', 'Requires improvement', 'Inadequate'] as const;

export const NEEDS = [
  'Communication and interaction',
  'Cognition and learning',
  'Social, emotional and mental health',
  'Sensory and physical',
] as const;

export const YEAR_GROUPS = [
  'Early years',
  'Reception',
  ...Array.from({ length: 13 }, (_, i) => `Year ${i + 1}`),
] as const;

export const AUDIT_THEMES = [
  'Annual quality audit',
  'Multi-agency audit of new plans',
  'Phase transfer plans',
  'Post-16 plans',
  'Annual review amendments',
  'Outcomes deep dive',
  'Moderation sample',
] as const;

export const COMMENTS = [
  'Agreed at moderation.',
  'I would grade this one lower: the provision is not specific.',
  'Raised with the plan writer, who will amend it at the annual review.',
  'Good example to share at the next SENCO forum.',
  'Please check against the therapist’s report of last term.',
  'The family told us the same at the review meeting.',
  'Could we add this to the training plan for new caseworkers?',
  'Sent back for a second look; the health advice arrived after the draft.',
] as const;
