import {
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isInterfaceType,
  isObjectType,
} from 'graphql';
import { accountId, MEMBERS, PEOPLE } from './people.js';

export interface DrawnQuestion {
  readonly text: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

const DEEPEST = 11;
const MOST_ALIASES = 14;
const MOST_DIRECTIVES = 9;
const MOST_FIELDS = 45;

/** Variables a question may use: the type of each, and how its value is drawn. */
const VARIABLES = {
  id: 'ID!',
  ids: '[ID!]!',
  yes: 'Boolean!',
  no: 'Boolean! = false',
  first: 'Int = 2',
} as const;

/** Draws questions about the gated company: every root field, fragments, aliases, `@skip` and `@include`. */
export class DrawnQuestions {
  #aliases = 0;
  #directives = 0;
  #fields = 0;
  #fragments: string[] = [];
  #used = new Set<keyof typeof VARIABLES>();

  constructor(
    private readonly schema: GraphQLSchema,
    private readonly number: () => number,
  ) {}

  /**
   * @param liked what is drawn of, mostly: `Type`, field name.
   * @param own the caller's own account, which is asked about most.
   */
  next(liked: (type: string, field: string) => boolean, own: string | null): DrawnQuestion {
    this.#aliases = 0;
    this.#directives = 0;
    this.#fields = 0;
    this.#fragments = [];
    this.#used = new Set();
    const isBold = this.number() < 0.1;
    const likes: Liked = (type, field) => isBold || type === 'PageInfo' || field === 'pageInfo' || liked(type, field);
    const roots = Array.from({ length: this.chance(0.75) ? 1 : 2 + this.below(2) }, () => this.root(likes, own));
    const definitions = [...this.#used].map((name) => `$${name}: ${VARIABLES[name]}`);
    const head = definitions.length > 0 ? `query Drawn(${definitions.join(', ')})` : this.chance(0.5) ? 'query' : '';
    const variables = Object.fromEntries(
      [...this.#used].flatMap((name) => (this.chance(0.1) && name !== 'yes' ? [] : [[name, this.value(name, own)]])),
    );
    for (const needed of ['id', 'ids'] as const) {
      if (this.#used.has(needed)) variables[needed] ??= this.value(needed, own);
    }
    return { text: [`${head} { ${roots.join(' ')} }`, ...this.#fragments].join('\n'), variables };
  }

  private root(likes: Liked, own: string | null): string {
    const account = () => this.selections(this.type('Account'), 1, likes);
    const alias = () => `r${++this.#aliases}: `;
    const draw = this.number();
    if (own !== null && draw < 0.5) return `${alias()}me ${account()}`;
    if (draw < 0.3) {
      const id = this.chance(0.5) ? this.variable('id') : JSON.stringify(this.value('id', own));
      return `${alias()}account(id: ${id}) ${account()}`;
    }
    if (draw < 0.8) {
      const ids = this.chance(0.5) ? this.variable('ids') : JSON.stringify(this.value('ids', own));
      return `${alias()}accounts(ids: ${ids}) ${account()}`;
    }
    if (draw < 0.88) return `${alias()}president ${account()}`;
    if (draw < 0.94) {
      const { email } = this.pick(MEMBERS);
      return `${alias()}accountByIdentifier(type: EMAIL, value: "${email}") ${account()}`;
    }
    if (draw < 0.97) return `${alias()}clubs ${this.selections(this.type('ClubInfo'), 1, likes)}`;
    return `${alias()}me ${account()}`;
  }

  private selections(type: GraphQLNamedType, depth: number, likes: Liked): string {
    const fields = isObjectType(type) || isInterfaceType(type) ? Object.values(type.getFields()) : [];
    const wanted = fields.filter((field) => this.leadsTo(type.name, field, depth, likes));
    const written: string[] = [];
    for (let count = 1 + this.below(type.name === 'Account' ? 3 : 4); count > 0; count -= 1) {
      if (isAbstractType(type) && this.chance(0.75)) {
        const member = this.pick(this.schema.getPossibleTypes(type));
        written.push(`... on ${member.name} ${this.selections(member, depth, likes)}`);
      } else if (wanted.length > 0) written.push(...this.field(type, this.pick(wanted), depth, likes));
    }
    if (written.length === 0 || this.chance(0.12)) written.push('__typename');
    if (type.name === 'Account' && this.chance(0.5)) written.push('id');
    return `{ ${written.join(' ')} }`;
  }

  /** Whether something liked may stand at or below a field, so that what is asked is not refused all the time. */
  private leadsTo(type: string, field: GraphQLField<unknown, unknown>, depth: number, likes: Liked): boolean {
    const target = getNamedType(field.type);
    const isLeaf = !isObjectType(target) && !isAbstractType(target);
    if (isLeaf) return likes(type, field.name);
    return depth < DEEPEST && likes(type, field.name);
  }

  private field(
    parent: GraphQLNamedType,
    field: GraphQLField<unknown, unknown>,
    depth: number,
    likes: Liked,
  ): string[] {
    if (this.#fields >= MOST_FIELDS) return [];
    this.#fields += 1;
    const target = getNamedType(field.type);
    const isLeaf = !isObjectType(target) && !isAbstractType(target);
    const first = field.args.length > 0 && this.chance(0.6) ? this.pick(['1', '2', '3', this.first(field)]) : null;
    const alias = this.alias(field.name, first);
    if (alias === null) return [];
    if (first === '$first') this.variable('first');
    const argument = first === null ? '' : `(first: ${first})`;
    const below = isLeaf ? '' : ` ${this.selections(target, depth + 1, likes)}`;
    return [this.wrapped(parent, `${alias}${field.name}${argument}`, below)];
  }

  /** What differs by argument needs a name of its own. */
  private alias(name: string, first: string | null): string | null {
    if (first === null && this.chance(0.8)) return '';
    if (this.#aliases >= MOST_ALIASES) return first === null ? '' : null;
    this.#aliases += 1;
    return first === null || this.chance(0.3) ? `x${this.#aliases}: ` : `${name}_${first.replace('$', '')}: `;
  }

  /** As it is, or in a fragment of either kind; perhaps with a directive. */
  private wrapped(parent: GraphQLNamedType, head: string, below: string): string {
    const draw = this.number();
    if (draw < 0.75) return `${head}${this.directive()}${below}`;
    if (draw < 0.87) return `... on ${parent.name}${this.directive()} { ${head}${below} }`;
    if (draw < 0.92) return `...${this.directive()} { ${head}${below} }`;
    const name = `F${this.#fragments.length + 1}`;
    this.#fragments.push(`fragment ${name} on ${parent.name} { ${head}${this.directive()}${below} }`);
    return `...${name}${this.directive()}`;
  }

  private directive(): string {
    if (this.#directives >= MOST_DIRECTIVES || !this.chance(0.1)) return '';
    this.#directives += 1;
    const condition = this.pick(['true', 'false', '$yes', '$no'] as const);
    if (condition === '$yes') this.variable('yes');
    if (condition === '$no') this.variable('no');
    return ` @${this.pick(['skip', 'include'])}(if: ${condition})`;
  }

  private first(field: GraphQLField<unknown, unknown>): string {
    // Where none may be null, neither may the variable.
    return String(field.args[0]?.type).endsWith('!') ? '4' : '$first';
  }

  private variable(name: keyof typeof VARIABLES): string {
    this.#used.add(name);
    return `$${name}`;
  }

  private value(name: keyof typeof VARIABLES, own: string | null): unknown {
    const id = () => {
      if (own !== null && this.chance(0.4)) return own;
      return this.chance(0.04) ? accountId(900) : accountId(this.below(PEOPLE));
    };
    switch (name) {
      case 'id':
        return id();
      case 'ids':
        return Array.from({ length: 1 + this.below(this.chance(0.1) ? PEOPLE : 8) }, id);
      case 'first':
        return 1 + this.below(5);
      case 'yes':
      case 'no':
        return this.chance(0.5);
    }
  }

  private type(name: string): GraphQLNamedType {
    const type = this.schema.getType(name);
    if (!type) throw new Error(`there is no type ${name}`);
    return type;
  }

  private pick<Item>(items: readonly Item[]): Item {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new Error('there is nothing to draw from');
    return item;
  }

  private chance(share: number): boolean {
    return this.number() < share;
  }

  private below(limit: number): number {
    return Math.floor(this.number() * limit);
  }
}

type Liked = (type: string, field: string) => boolean;
