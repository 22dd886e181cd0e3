/**
 * Names inside a package are made here and never taken from a service as they are: a name such as `../../etc/x` must
 * not leave the folder somebody unpacks into, and must be a file name on every system.
 */
export const ENTRY_NAME = /^[a-z0-9_/-]+\.(json|csv|html)$/;

const LONGEST = 60;
/** Windows opens devices under these names, whatever the extension. */
const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)$/;

/** One folder's names: each raw name gets one name of its own. */
export class EntryNames {
  readonly #taken = new Set<string>();

  constructor(private readonly fallback: string) {}

  /** Lower-case ASCII letters, digits, `_` and `-`; no longer than 70 characters; not given twice. */
  make(raw: string): string {
    const plain = raw
      .slice(0, 4 * LONGEST)
      .normalize('NFKD')
      .replace(/\p{M}/gu, '')
      // Camel case keeps its words apart.
      .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
      .toLowerCase()
      .replace(/[^a-z0-9_-]+/g, '_')
      .slice(0, LONGEST)
      .replace(/^[_-]+|[_-]+$/g, '');
    const wanted = plain === '' || DEVICE.test(plain) ? `${this.fallback}${plain && `_${plain}`}` : plain;
    let name = wanted;
    for (let number = 2; this.#taken.has(name); number++) name = `${wanted}-${number}`;
    this.#taken.add(name);
    return name;
  }
}
