/** What one can subscribe to, and what is written about it. */
export const TOPICS = {
  'ehcp-audit-tool': ['What is new in the audit tool', 'Three audits side by side', 'A shorter way to moderate'],
  'send-funding': ['High needs block: the figures', 'What a top-up pays for', 'Banding, county by county'],
  'training-dates': ['Courses this month', 'Places left this half-term', 'New dates near you'],
  'sen-law': ['A tribunal decision worth reading', 'The duty to review, again', 'What the consultation asks'],
  'inclusion-practice': ['A school that changed its mornings', 'Asking children well', 'Small rooms, quiet corners'],
  'product-news': ['Lantern in numbers', 'Meet the support desk', 'Planned maintenance'],
} as const;

export const SOURCES = ['sign-up page', 'course booking', 'conference stand', 'colleague’s invitation'] as const;

export const USER_AGENTS = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0 Safari/537.36',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148',
  'Mozilla/5.0 (X11; CrOS x86_64 16093.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0 Safari/537.36',
] as const;
