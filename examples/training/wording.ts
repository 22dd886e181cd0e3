/** The catalogue, and what learners say. */
export const COURSES = [
  {
    title: 'Writing outcomes that can be measured',
    topic: 'EHC plans',
    summary: 'From aspiration to a dated outcome.',
  },
  { title: 'Specific and quantified provision', topic: 'EHC plans', summary: 'Section F without “access to”.' },
  { title: 'Auditing EHC plans: first steps', topic: 'Audit tool', summary: 'Run your first audit with the tool.' },
  { title: 'Moderation for audit leads', topic: 'Audit tool', summary: 'Agree on grades as a team.' },
  { title: 'The annual review, end to end', topic: 'Law and process', summary: 'Dates, duties and amendments.' },
  { title: 'SEND law in a day', topic: 'Law and process', summary: 'What the Act and the Code of Practice ask.' },
  {
    title: 'Hearing the voice of the child',
    topic: 'Practice',
    summary: 'Ways to ask, and to write down what was said.',
  },
  { title: 'Preparing for adulthood', topic: 'Practice', summary: 'Plans from Year 9 on.' },
] as const;

export const FORMATS = ['online', 'face to face', 'recorded'] as const;

export const ACCESS_NEEDS = [
  'British Sign Language interpreter',
  'Step-free room',
  'Captions',
  'Slides a day before, for a screen reader',
  'Hearing loop',
] as const;

export const FEEDBACK = [
  'Clear and practical; I changed our template the next day.',
  'Too much on the law, too little practice.',
  'The breakout with another authority was the best part.',
  'Could be half the length.',
  'I would send the whole team.',
  'Sound was poor for those of us online.',
] as const;
