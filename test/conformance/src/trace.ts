import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';

/** One golden case: operations on participants, and what the kernel did for each. */
export interface TraceCase {
  readonly name: string;
  readonly tags: readonly string[];
  readonly participants: Readonly<Record<string, { readonly side: 'producer' | 'consumer'; readonly callbacks: readonly string[] }>>;
  readonly ops: readonly Operation[];
  readonly trace: readonly TraceEntry[];
  readonly final: FinalState;
}

export type Operation =
  | { readonly op: 'register_producer'; readonly id: string; readonly token: string | null; readonly irq: number }
  | { readonly op: 'register_consumer'; readonly id: string; readonly token: string | null }
  | { readonly op: 'unregister_producer' | 'unregister_consumer'; readonly id: string }
  | { readonly op: 'fail_next_add'; readonly id: string; readonly ret: number; readonly count: number }
  | { readonly op: 'fail_next_alloc'; readonly count: number };

/** `[id, "stop"]`, `[id, "add_consumer", peer, result]`, `[id, "del_consumer", peer]`, … */
export type TracedCall = readonly (string | number)[];

export interface TraceEntry {
  readonly op: number;
  readonly calls: readonly TracedCall[];
  readonly ret: number | null;
  readonly warn?: boolean;
}

export interface FinalState {
  readonly producers: Readonly<Record<string, FinalParticipant>>;
  readonly consumers: Readonly<Record<string, FinalParticipant>>;
}

export interface FinalParticipant {
  readonly registered: boolean;
  readonly token: string | null;
  readonly peer: string | null;
  readonly irq?: number;
}

/** What a target did with a case, in the form of the golden one. */
export interface Observation {
  readonly trace: readonly TraceEntry[];
  readonly final: FinalState;
}

/** Reads cases from a file of JSON lines, compressed if its name ends in `.gz`. @throws naming the file and line of a bad case. */
export async function* readCases(file: string): AsyncGenerator<TraceCase> {
  const raw = createReadStream(file);
  const text = file.endsWith('.gz') ? raw.pipe(createGunzip()) : raw;
  raw.on('error', (error) => text.destroy(error));
  let line = 0;
  try {
    for await (const json of createInterface({ input: text, crlfDelay: Infinity })) {
      line += 1;
      yield parseCase(json, `${file}:${line}`);
    }
  } finally {
    raw.destroy();
  }
}

function parseCase(json: string, where: string): TraceCase {
  let value: Partial<TraceCase>;
  try {
    value = JSON.parse(json) as Partial<TraceCase>;
  } catch (error) {
    throw new Error(`${where}: not JSON: ${(error as Error).message}`, { cause: error });
  }
  if (typeof value !== 'object' || value === null) throw new Error(`${where}: the case is not an object`);
  for (const field of ['name', 'tags', 'participants', 'ops', 'trace', 'final'] as const) {
    if (value[field] === undefined) throw new Error(`${where}: the case has no "${field}"`);
  }
  const parsed = value as TraceCase;
  if (parsed.trace.length !== parsed.ops.length) throw new Error(`${where}: ${parsed.ops.length} operations but ${parsed.trace.length} trace entries`);
  for (const [index, operation] of parsed.ops.entries()) {
    if ('id' in operation && parsed.participants[operation.id] === undefined) {
      throw new Error(`${where}: operation ${index} names "${operation.id}", who is not among the participants`);
    }
  }
  return parsed;
}
