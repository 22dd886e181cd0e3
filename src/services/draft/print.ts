import { Document, isMap, isScalar, type Node, Scalar, type YAMLMap } from 'yaml';
import type { Draft, DraftCollection, DraftField } from './draft.js';

const GUESSED = 'guessed from the name';
const UNKNOWN = 'no category, not readable until one is given';

/** A draft as the text of a manifest, with a comment at each line that is to be looked at. */
export function printDraft(draft: Draft): string {
  const printer = new Printer();
  const root = printer.block({
    habeas: printer.habeas(draft),
    system: printer.system(draft),
    ...(draft.collections.length > 0 ? { dataset: printer.dataset(draft) } : {}),
  });
  spaceOut(root);
  printer.document.contents = root;
  const head = [
    `Drafted from ${draft.origin}. Look at each line that says "review", mend it and take the comment`,
    'away; then hold the file against the service: habeas services check FILE',
    ...draft.notes.map((note) => `review: ${note}`),
  ];
  printer.document.commentBefore = head.map((line) => ` ${line}`).join('\n');
  return printer.document.toString({ lineWidth: 0 });
}

/** The parts of a manifest as YAML: maps in blocks, what is short on one line. */
class Printer {
  readonly document = new Document<Node>();

  habeas({ connection }: Draft): Node {
    return this.block({
      affiliation: this.reviewed('affiliated', "external where the service is another company's"),
      country: this.reviewed('GB', 'where the data rests; outside the UK and the EEA set transfer_safeguard too'),
      connection: this.block({ [connection.kind]: this.line(connection.settings) }),
    });
  }

  system({ name, categories }: Draft): Node {
    const declaration = this.block({
      name: this.reviewed('Provide the service', 'what people read of this purpose'),
      data_use: this.reviewed('essential.service', 'one declaration for each purpose the data is used for'),
      data_categories: this.#used(categories),
      data_subjects: this.line(['customer'], 'whose data it is'),
      legal_basis_for_processing: this.reviewed('Contract', 'the basis in law (Article 6)'),
      retention_period: this.reviewed(null, 'how long it is kept, as in P6Y'),
    });
    return this.document.createNode([
      this.block({ fides_key: name, name: titleOf(name), privacy_declarations: [declaration] }),
    ]);
  }

  dataset({ name, collections }: Draft): Node {
    const printed = collections.map((collection) => this.#collection(name, collection));
    for (const node of printed.slice(1)) node.spaceBefore = true;
    return this.document.createNode([this.block({ fides_key: name, name: titleOf(name), collections: printed })]);
  }

  #used(categories: readonly string[]): Node {
    if (categories.length === 0) return this.line(categories, 'name what is used for this purpose');
    const node = this.document.createNode(categories);
    node.commentBefore = ' review: what is used for this purpose, and no more';
    return node;
  }

  #collection(dataset: string, { name, skipped, secrets, fields }: DraftCollection): Node & { spaceBefore?: boolean } {
    const left = secrets.length > 0 ? `without ${secrets.join(', ')}, which no package should hold` : null;
    return this.block({
      name: left === null ? name : this.reviewed(name, left),
      title: titleOf(name),
      ...(skipped === null ? {} : { fides_meta: this.line({ skip_processing: true }, skipped) }),
      fields: fields.map((field) => this.#field(dataset, field)),
    });
  }

  #field(dataset: string, field: DraftField): Node {
    const { name, category, note, fields } = field;
    const parts = fields.length > 0;
    // A field whose parts are declared is shown by them, and needs no category of its own.
    const remarks = [category === null && !parts ? UNKNOWN : null, note].filter((remark) => remark !== null);
    return this.block({
      name: remarks.length > 0 ? this.reviewed(name, remarks.join('; ')) : name,
      ...(category === null ? {} : { data_categories: this.line([category], GUESSED) }),
      ...this.#meta(dataset, field),
      ...(parts ? { fields: fields.map((part) => this.#field(dataset, part)) } : {}),
    });
  }

  #meta(dataset: string, { primaryKey, identity, dataType, reference }: DraftField): { fides_meta?: Node } {
    const plain = {
      ...(primaryKey ? { primary_key: true } : {}),
      ...(identity === null ? {} : { identity }),
      ...(dataType === null ? {} : { data_type: dataType }),
    };
    if (reference === null) {
      if (Object.keys(plain).length === 0) return {};
      return { fides_meta: this.line(plain, identity === null ? null : GUESSED) };
    }
    const { field, direction, note } = reference;
    return {
      fides_meta: this.block({
        ...plain,
        ...(identity === null ? {} : { identity: this.reviewed(identity, GUESSED) }),
        references: [this.line({ dataset, field, direction }, note)],
      }),
    };
  }

  block(parts: Readonly<Record<string, unknown>>): YAMLMap {
    const node = this.document.createNode(parts);
    if (!isMap(node)) throw new Error('An object makes a map.');
    return node;
  }

  line(value: object, remark: string | null = null): Node {
    const node = this.document.createNode(value, { flow: true });
    if (remark !== null) node.comment = ` review: ${remark}`;
    return node;
  }

  reviewed(value: string | null, remark: string): Scalar {
    const scalar = new Scalar(value);
    scalar.comment = ` review: ${remark}`;
    return scalar;
  }
}

/** An empty line before each part of the file but the first. */
function spaceOut(root: YAMLMap): void {
  for (const { key } of root.items.slice(1)) if (isScalar(key)) key.spaceBefore = true;
}

/** `order_item` → `Order item`. */
function titleOf(name: string): string {
  const text = name.replaceAll(/[^\p{L}\p{N}]+/gu, ' ').trim();
  return text === '' ? name : text.charAt(0).toUpperCase() + text.slice(1);
}
