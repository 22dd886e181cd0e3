/** UK GDPR: what a person may ask for besides the copy they hold in their hands (Article 15(1)(e)). */
export const RIGHTS = [
  {
    article: '16',
    title: 'Have it corrected',
    text: 'You can ask us to correct what is wrong and complete what is missing.',
  },
  {
    article: '17',
    title: 'Have it erased',
    text: 'You can ask us to erase it. Where the law makes us keep something, we tell you what and why.',
  },
  {
    article: '18',
    title: 'Have its use restricted',
    text: 'You can ask us to keep it but not to use it, for example while a question about it is open.',
  },
  {
    article: '21',
    title: 'Object',
    text: 'You can object to our using it. If it is used for direct marketing, we stop at once, without asking why.',
  },
  {
    article: '20',
    title: 'Take it with you',
    text: 'You can have what you gave us in a form other programs read, or ask us to send it to somebody else.',
  },
  {
    article: '7(3)',
    title: 'Take back your consent',
    text: 'Where we rely on your consent, you can withdraw it at any time, as easily as you gave it.',
  },
  {
    article: '22C',
    title: 'Not be decided about by a machine alone',
    text: 'You can ask for a person to look at a decision, say what you think of it and contest it.',
  },
] as const;

/** The authority in the United Kingdom (Article 15(1)(f)). */
export const SUPERVISORY_AUTHORITY = {
  name: "Information Commissioner's Office (ICO)",
  url: 'https://ico.org.uk/make-a-complaint/',
  phone: '0303 123 1113',
  address: 'Wycliffe House, Water Lane, Wilmslow, Cheshire SK9 5AF',
} as const;

export const COMPLAINT_TO_US =
  'You can complain to us about how we use your data or how we answered you, in any form, by e-mail or by letter. ' +
  'We confirm within 30 days that we have it, look into it without undue delay and tell you the outcome ' +
  '(Data Protection Act 2018, section 164A).';

export const COMPLAINT_TO_AUTHORITY =
  'You can complain to the Information Commissioner at any time; you need not come to us first. You can also go to court.';

/** Article 15(1)(h). */
export const AUTOMATED_DECISIONS = {
  exist: false,
  text: 'None. No decision about you is made by a machine alone, and you are not profiled with legal or similarly significant effects.',
} as const;
