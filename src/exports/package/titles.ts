const LONGEST = 120;
const CAPITALS = new Set(['id', 'url', 'ip', 'uuid', 'vat', 'dob', 'sms', 'uk']);

/** A field or collection name as a person reads it: `createdAt`, `created_at` → "Created at"; `address.city` → "Address: city". */
export function humanise(name: string): string {
  const parts = name
    .slice(0, LONGEST + 1)
    .split(/(?<!\\)\./)
    .map(words);
  const title = capitalise(parts.filter((part) => part !== '').join(': '));
  return title.length > LONGEST ? `${title.slice(0, LONGEST)}…` : title;
}

function words(part: string): string {
  return part
    .replaceAll('\\.', '.')
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .split(/[\s_-]+/)
    .filter((word) => word !== '')
    .map((word) => (CAPITALS.has(word.toLowerCase()) ? word.toUpperCase() : lowerFirst(word)))
    .join(' ');
}

/** "Created" → "created", "EHCP" stays. */
const lowerFirst = (word: string) => (/^[A-Z][a-z]/.test(word) ? word.charAt(0).toLowerCase() + word.slice(1) : word);
const capitalise = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
