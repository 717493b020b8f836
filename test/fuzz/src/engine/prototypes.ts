/** What every object, array, … of the program inherits from. */
const PROTOTYPES = [Object, Array, Function, Map, Error].map(({ name, prototype }) => ({ name, prototype: prototype as object }));
const KNOWN = PROTOTYPES.map(({ prototype }) => new Set(Reflect.ownKeys(prototype)));

/** Property names that an input added to a prototype, such as `Object.prototype.polluted`; takes them away again. */
export function takePollution(): string[] {
  return PROTOTYPES.flatMap(({ name, prototype }, at) => {
    const keys = Reflect.ownKeys(prototype);
    const known = KNOWN[at]!;
    if (keys.length === known.size) return [];
    const added = keys.filter((key) => !known.has(key));
    for (const key of added) Reflect.deleteProperty(prototype, key);
    return added.map((key) => `${name}.prototype.${String(key)}`);
  });
}
