import { Errno, IrqBypassError } from '@irqmesh/domain';

/** Maps the names the domain uses to the numbers of a protobuf enum and back; a number without a name is refused. */
export class EnumMap<Name extends string, Value extends number> {
  readonly #what: string;
  readonly #values: Readonly<Record<Name, Value>>;
  /** Indexed by number; enums here are small and dense. */
  readonly #names: (Name | undefined)[] = [];

  constructor(what: string, values: Readonly<Record<Name, Value>>) {
    this.#what = what;
    this.#values = values;
    for (const name of Object.keys(values) as Name[]) this.#names[values[name]] = name;
  }

  encode(name: Name): Value {
    return this.#values[name];
  }

  /** @throws IrqBypassError -EINVAL, naming `field`, for 0 (unspecified) and numbers this version does not know. */
  decode(value: number, field: string): Name {
    const name = this.#names[value];
    if (name !== undefined) return name;
    const problem = value === 0 ? 'is not set' : `has the unknown value ${value}`;
    throw new IrqBypassError(Errno.EINVAL, `${field} ${problem}; it must be one of the ${this.#what}s ${Object.keys(this.#values).join(', ')}`);
  }
}
