import { readFileSync } from 'node:fs';
import { suggestionList } from 'graphql/jsutils/suggestionList.js';
import { parse } from 'yaml';

/** One key of Fideslang, with what it means in a few plain words. */
export interface Term {
  readonly key: string;
  readonly title: string;
  readonly description: string;
}

export type TermKind = 'data_category' | 'data_use' | 'data_subject';
type Terms = ReadonlyMap<string, Term>;

/**
 * The words in which services say what they hold and why: data categories, data uses (our purposes) and data
 * subjects of Fideslang 3, and what a company added to them.
 */
export class Taxonomy {
  constructor(private readonly terms: Readonly<Record<TermKind, Terms>>) {}

  category(key: string): Term | undefined {
    return this.terms.data_category.get(key);
  }

  use(key: string): Term | undefined {
    return this.terms.data_use.get(key);
  }

  subject(key: string): Term | undefined {
    return this.terms.data_subject.get(key);
  }

  has(kind: TermKind, key: string): boolean {
    return this.terms[kind].has(key);
  }

  /** All keys of a kind, sorted. */
  keys(kind: TermKind): string[] {
    return [...this.terms[kind].keys()].sort();
  }

  /** The key somebody most likely meant; undefined where none is near. */
  nearest(kind: TermKind, key: string): string | undefined {
    return nearest(key, this.keys(kind));
  }

  /** This taxonomy with a company's own keys. Where a key is given twice, the later one is taken. */
  with(kind: TermKind, added: readonly Term[]): Taxonomy {
    return new Taxonomy({
      ...this.terms,
      [kind]: new Map([...this.terms[kind], ...added.map((term) => [term.key, term] as const)]),
    });
  }
}

/** Whether `ancestor` is `key` or lies above it, by dotted segment: `user.name` covers `user.name.first`, not `user.named`. */
export function covers(ancestor: string, key: string): boolean {
  return key === ancestor || key.startsWith(`${ancestor}.`);
}

/** The candidate a misspelt word is nearest to; undefined where none is near. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  return suggestionList(word, candidates)[0];
}

/** The default taxonomy: 85 categories, 56 uses, 15 subjects. */
export const taxonomy = readTaxonomy();

function readTaxonomy(): Taxonomy {
  const file = new URL('./taxonomy.yml', import.meta.url);
  const lists = parse(readFileSync(file, 'utf8')) as Record<TermKind, Record<string, [string, string]>>;
  const terms = (kind: TermKind) =>
    new Map(Object.entries(lists[kind]).map(([key, [title, description]]) => [key, { key, title, description }]));
  return new Taxonomy({
    data_category: terms('data_category'),
    data_use: terms('data_use'),
    data_subject: terms('data_subject'),
  });
}
