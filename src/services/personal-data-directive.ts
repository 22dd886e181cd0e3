import { type ConstDirectiveNode, type FieldDefinitionNode, Kind, print } from 'graphql';

/** What `@personalData` says of one field: its first data category, and the data uses it may be read for. */
export interface PersonalData {
  /** Fideslang data category key, e.g. `user.contact.email`. */
  readonly category: string;
  /** Fideslang data-use keys. Empty: no service may read the field, only the person and staff. */
  readonly purposes: readonly string[];
}

const FEDERATION = 'https://specs.apollo.dev/federation/v2.7';
const PERSONAL_DATA = 'https://habeas.dev/personal-data/v1.0';

/**
 * The head of every SDL Habeas makes: what it takes of Federation 2 besides `@key` and `@composeDirective`, and the
 * directive itself, composed so that the supergraph keeps it.
 */
export function subgraphHeader(imports: readonly string[] = []): string {
  const taken = ['@key', '@composeDirective', ...imports].map((name) => JSON.stringify(name)).join(', ');
  return `extend schema
  @link(url: "${FEDERATION}", import: [${taken}])
  @link(url: "${PERSONAL_DATA}", import: ["@personalData"])
  @composeDirective(name: "@personalData")

"""Marks a field that holds personal data."""
directive @personalData(
  """Fideslang data category, e.g. "user.contact.email"."""
  category: String!
  """Purposes (Fideslang data uses) for which a service may read the field."""
  purposes: [String!]! = []
  """Whose data it is (Fideslang data subject)."""
  subject: String = "customer"
) on FIELD_DEFINITION`;
}

/** The directive as SDL text, to put behind a field's type. */
export function printPersonalData({ category, purposes }: PersonalData): string {
  return `@personalData(category: ${JSON.stringify(category)}, purposes: ${JSON.stringify(purposes)})`;
}

/** Reads the directive of a field definition; null where the field carries none that names a category. */
export function readPersonalData(field: FieldDefinitionNode): PersonalData | null {
  const directive = field.directives?.find(({ name }) => name.value === 'personalData');
  const category = directive && argument(directive, 'category');
  if (category?.kind !== Kind.STRING) return null;
  const purposes = argument(directive, 'purposes');
  const listed = purposes?.kind === Kind.LIST ? purposes.values : [];
  return {
    category: category.value,
    purposes: listed.flatMap((value) => (value.kind === Kind.STRING ? [value.value] : [])),
  };
}

/** A description as SDL text: a block string, whatever characters it holds. */
export function printDescription(text: string): string {
  return print({ kind: Kind.STRING, value: text, block: true });
}

function argument(directive: ConstDirectiveNode | undefined, name: string) {
  return directive?.arguments?.find((candidate) => candidate.name.value === name)?.value;
}
