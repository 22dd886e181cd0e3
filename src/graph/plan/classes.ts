import type { FieldClass } from '../../gate/decide.js';
import type { GovernedFields } from '../governed-fields.js';

/**
 * The kinds of field the gate tells apart, numbered. Everything a service says has one: its category and whether an
 * external service holds it.
 */
export class FieldClasses {
  readonly all: FieldClass[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #ofField = new Map<string, number>();

  constructor(
    private readonly governed: GovernedFields,
    private readonly externalServices: ReadonlySet<string>,
  ) {}

  /** @param coordinate `Type.field` of a leaf. */
  of(coordinate: string): number {
    const known = this.#ofField.get(coordinate);
    if (known !== undefined) return known;
    const category = this.governed.fields.get(coordinate)?.category ?? null;
    const fromExternalService = (this.governed.servicesOf.get(coordinate) ?? []).some((name) =>
      this.externalServices.has(name),
    );
    const key = `${category}|${fromExternalService}`;
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = this.all.push({ category, fromExternalService }) - 1;
      this.#numbers.set(key, number);
    }
    this.#ofField.set(coordinate, number);
    return number;
  }
}
