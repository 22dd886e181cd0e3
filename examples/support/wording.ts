/** What customers write about, what they say, and what the desk answers. */
export const SUBJECTS = [
  'Cannot sign in after changing school',
  'Export of an audit stops at 60 %',
  'Add a colleague to our licence',
  'Invoice shows last year’s address',
  'Grades differ between report and screen',
  'How do I reopen a closed audit?',
  'Course link does not work',
  'Certificate has my name spelt wrongly',
  'Remove a member who has left',
  'Printing in large type',
] as const;

export const FROM_CUSTOMER = [
  'Good morning, it happened again today; a picture is attached.',
  'Please could you look at this? It happens each time I open the page.',
  'We need this before our panel on Thursday, please.',
  'I have tried two browsers and the school’s tablet.',
  'Could somebody ring me after three o’clock?',
  'Still the same, I am afraid.',
] as const;

export const FROM_DESK = [
  'Thank you for writing. Could you tell us which audit it is?',
  'We have found the cause, and a mend goes out tonight.',
  'Please sign out and in again: the change needs a new session.',
  'This is done. You will find it under Settings, Members.',
  'We will close this ticket in five days unless we hear from you.',
] as const;
