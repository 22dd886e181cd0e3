import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';

/** Draws numbers that are the same for the same seed (mulberry32). */
export function numbersFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Values an argument is drawn from, by its name. */
export type Values = Readonly<Record<string, readonly string[]>>;

const DEEPEST = 6;
const MOST_ALIASES = 12;
const MOST_FIELDS = 60;

/** Draws questions over a whole schema: aliases, fragments of both kinds, back edges and arguments of every sort. */
export class Questions {
  private aliases = 0;
  private fields = 0;
  private fragments: string[] = [];

  constructor(
    private readonly schema: GraphQLSchema,
    private readonly values: Values,
    private readonly number: () => number,
    /** Whether a field of the root, by its coordinate, is open to whoever asks: most questions ask these alone. */
    private readonly isOpen: (coordinate: string) => boolean,
  ) {}

  next(operation: 'query' | 'mutation'): string {
    this.aliases = 0;
    this.fields = 0;
    this.fragments = [];
    const root = operation === 'query' ? this.schema.getQueryType() : this.schema.getMutationType();
    if (!root) throw new Error(`the schema has no ${operation}`);
    const isLikely = this.number() < 0.7;
    const body = this.selections(root, 1, operation === 'query' ? 3 : 1, isLikely ? this.isOpen : () => true);
    return [`${operation} ${body}`, ...this.fragments].join('\n');
  }

  private selections(
    type: GraphQLObjectType,
    depth: number,
    most: number,
    mayAsk: (coordinate: string) => boolean = () => true,
  ): string {
    const fields = Object.values(type.getFields()).filter(({ name }) => mayAsk(`${type.name}.${name}`));
    const chosen = Array.from({ length: 1 + this.below(most) }, () => this.pick(fields));
    const written = chosen.flatMap((field) => this.field(type, field, depth));
    return `{ ${written.length > 0 ? written.join(' ') : '__typename'} }`;
  }

  private field(parent: GraphQLObjectType, field: GraphQLField<unknown, unknown>, depth: number): string[] {
    const type = getNamedType(field.type);
    const leadsOn = isObjectType(type);
    if ((leadsOn && depth >= DEEPEST) || this.fields >= MOST_FIELDS) return [];
    this.fields += 1;
    // Two fields of one name with other arguments or selections have to be told apart.
    const alias = leadsOn || field.args.length > 0 ? this.alias() : '';
    if (alias === null) return [];
    const below = leadsOn ? ` ${this.selections(type, depth + 1, 4)}` : '';
    return [this.wrapped(parent, `${alias}${field.name}${this.arguments(field.args)}${below}`)];
  }

  private alias(): string | null {
    if (this.aliases >= MOST_ALIASES) return null;
    this.aliases += 1;
    return `a${this.aliases}: `;
  }

  /** As it is, in an inline fragment, or in a fragment of its own. */
  private wrapped(parent: GraphQLObjectType, text: string): string {
    const draw = this.number();
    if (draw < 0.7) return text;
    if (draw < 0.85) return `... on ${parent.name} { ${text} }`;
    const name = `F${this.fragments.length + 1}`;
    this.fragments.push(`fragment ${name} on ${parent.name} { ${text} }`);
    return `...${name}`;
  }

  private arguments(args: readonly GraphQLArgument[]): string {
    const given = args.filter(({ type }) => isNonNullType(type) || this.number() < 0.4);
    return given.length > 0
      ? `(${given.map((each) => `${each.name}: ${this.value(each.name, each.type)}`).join(', ')})`
      : '';
  }

  private value(name: string, type: GraphQLInputType): string {
    if (isNonNullType(type)) return this.value(name, type.ofType);
    if (isListType(type)) return `[${[1, 2].map(() => this.value(name, type.ofType)).join(', ')}]`;
    if (isEnumType(type)) return this.pick(type.getValues()).name;
    if (isInputObjectType(type)) {
      const fields = Object.values(type.getFields()).filter(
        (each) => isNonNullType(each.type) || this.values[each.name],
      );
      return `{ ${fields.map((each) => `${each.name}: ${this.value(each.name, each.type)}`).join(', ')} }`;
    }
    return this.pick(this.values[name] ?? (type.name === 'Int' ? ['1', '3'] : ['""']));
  }

  private pick<Item>(items: readonly Item[]): Item {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new Error('there is nothing to draw from');
    return item;
  }

  private below(limit: number): number {
    return Math.floor(this.number() * limit);
  }
}
