import { z } from 'zod';

/** Environment variables as the process has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The settings of one concern: which variables they are read from, and how they are checked. */
export interface Settings<T> {
  readonly variables: readonly string[];
  readonly schema: z.ZodType<T>;
}

/** What `loadConfig` makes of a record of settings: the same names, with the values. */
export type ConfigOf<Pieces extends Record<string, Settings<unknown>>> = {
  readonly [Name in keyof Pieces]: Pieces[Name] extends Settings<infer T> ? T : never;
};

/** Every wrong value, each as one line for people. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

/**
 * Groups the variables of one concern.
 * @param shape each variable with its check; see `variables.ts`
 * @param build names the values as the program knows them; problems between variables are added to `context`
 */
export function settings<Shape extends z.ZodRawShape, T>(
  shape: Shape,
  build: (values: z.output<z.ZodObject<Shape>>, context: z.RefinementCtx) => T,
): Settings<T> {
  return { variables: Object.keys(shape), schema: z.object(shape).transform((values, context) => build(values, context)) };
}

/**
 * Reads and checks the settings that a service is made of; pure. A variable that is set but empty counts as not set.
 * @throws ConfigError with a line for every wrong value, not only for the first
 */
export function loadConfig<Pieces extends Record<string, Settings<unknown>>>(env: Environment, pieces: Pieces): ConfigOf<Pieces> {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const config: Record<string, unknown> = {};
  const problems = new Set<string>();
  for (const [name, { schema }] of Object.entries(pieces)) {
    const result = schema.safeParse(given);
    if (result.success) config[name] = result.data;
    else for (const issue of result.error.issues) problems.add(problemLine(issue, given));
  }
  if (problems.size > 0) throw new ConfigError([...problems]);
  return config as ConfigOf<Pieces>;
}

/** The IRQMESH_ variables that are set and that nothing reads: misspelt, as a rule. */
export function unknownVariables(env: Environment, known: Iterable<string>): string[] {
  const names = new Set(known);
  return Object.keys(env).filter((name) => name.startsWith('IRQMESH_') && !names.has(name)).sort();
}

function problemLine(issue: z.core.$ZodIssue, given: Record<string, string | undefined>): string {
  const variable = String(issue.path[0]);
  const value = given[variable];
  if (value === undefined) return `${variable}: ${issue.code === 'invalid_type' ? 'must be set' : issue.message}`;
  return `${variable}=${shown(variable, value)}: ${issue.message}`;
}

const SHOWN_CHARACTERS_MAX = 80;

/** A value as it may stand in a log: short, and without secrets. */
function shown(variable: string, value: string): string {
  if (variable.endsWith('PASSWORD')) return '"***"';
  const withoutUserInfo = value.replaceAll(/\/\/[^/,]*@/g, '//***@');
  return JSON.stringify(withoutUserInfo.length > SHOWN_CHARACTERS_MAX ? `${withoutUserInfo.slice(0, SHOWN_CHARACTERS_MAX)}…` : withoutUserInfo);
}
