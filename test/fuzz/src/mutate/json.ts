import { pick, repeats } from './steps.ts';
import type { Step } from './steps.ts';

/** Characters that an input is not grown beyond. */
const MAX_CHARACTERS = 256 * 1024;

/** JSON as a tree that can hold what objects of JavaScript cannot: keys twice, numbers of any form, text that is no JSON. */
type Node = { readonly kind: 'raw'; readonly text: string } | { readonly kind: 'array'; readonly items: Node[] } | { readonly kind: 'object'; readonly entries: [string, Node][] };

const KEYS = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'length', '', '\ud800', 'a'.repeat(300), '$typeName', '@type', 'items', 'items ', 'ITEMS'];
const LITERALS = [
  'null', 'true', '0', '-1', '-0', '1.5', '1e3', '1e999', '-1e999', '4294967296', '9007199254740992', '18446744073709551616', '123456789012345678901234567890', '"1"', '"-1"', '"1e3"', '" 1"', '"NaN"', '"Infinity"', '""', '"x"',
  '"\\ud800"', '"\\u0000"', '"\\ufeff"', '[]', '[null]', '{}', '[[]]', '{"__proto__":{"polluted":true}}', '{"constructor":{"prototype":{"polluted":true}}}', 'NaN', 'undefined', '01', '"\n"', "'x'", '', '.', '*',
];

interface Place {
  readonly container: Extract<Node, { kind: 'array' | 'object' }>;
  readonly at: number;
}

type Mutation = (place: Place, value: number) => void;

const MUTATIONS: readonly Mutation[] = [
  ({ container, at }) => list(container).splice(at, 1),
  ({ container, at }, value) => replace(container, at, raw(pick(LITERALS, value))),
  ({ container, at }, value) => rename(container, at, pick(KEYS, value)),
  ({ container, at }) => rename(container, at, snakeCase(keyOf(container, at))),
  ({ container, at }, value) => replace(container, at, raw(String(value))),
  ({ container, at }, value) => duplicate(container, at, pick(LITERALS, value)),
  ({ container, at }, value) => insert(container, at, pick(KEYS, value), raw(pick(LITERALS, value >>> 4))),
  ({ container, at }, value) => replace(container, at, raw(JSON.stringify(pick(['a', '\u00e9', '\ud800', '\\', '"'], value).repeat(repeats(value, 2, MAX_CHARACTERS))))),
  ({ container, at }, value) => replace(container, at, deep(nodeOf(container, at), repeats(value, 8, MAX_CHARACTERS), value)),
  ({ container, at }, value) => repeat(container, at, value),
];

const TEXT_MUTATIONS: readonly ((text: string, at: number, value: number) => string)[] = [
  (text, at) => text.slice(0, at % (text.length + 1)),
  (text, at, value) => text.slice(0, at % (text.length + 1)) + pick(['"', '{', '}', '[', ']', ',', ':', '\\', '\0', '\ufeff', ' ', '\n', '\ud800'], value) + text.slice(at % (text.length + 1)),
  (text, _at, value) => text + pick([' ', '\n', '{}', ',', '\0', ']'], value),
  (text, _at, value) => pick(['\ufeff', ' ', '\n', '[', '/**/'], value) + text,
];

/** A JSON text with the steps done to it: to its values at any depth, then to its characters. It need not be JSON any more. */
export function mutateJson(text: string, steps: readonly Step[]): string {
  const root: Node = { kind: 'array', items: [nodeFrom(JSON.parse(text))] };
  const late: Step[] = [];
  for (const step of steps) {
    const kind = step.op % (MUTATIONS.length + TEXT_MUTATIONS.length);
    if (kind >= MUTATIONS.length) late.push({ ...step, op: kind - MUTATIONS.length });
    else {
      const places = placesOf(root);
      if (places.length > 0) MUTATIONS[kind]!(pick(places, step.at), step.value);
    }
  }
  return late.reduce((now, { op, at, value }) => TEXT_MUTATIONS[op]!(now, at, value), root.items.map(textOf).join(','));
}

function raw(text: string): Node {
  return { kind: 'raw', text };
}

function nodeFrom(value: unknown): Node {
  if (Array.isArray(value)) return { kind: 'array', items: value.map(nodeFrom) };
  if (typeof value === 'object' && value !== null) return { kind: 'object', entries: Object.entries(value).map(([key, inner]) => [key, nodeFrom(inner)]) };
  return raw(JSON.stringify(value));
}

function textOf(node: Node): string {
  if (node.kind === 'raw') return node.text;
  if (node.kind === 'array') return `[${node.items.map(textOf).join(',')}]`;
  return `{${node.entries.map(([key, value]) => `${JSON.stringify(key)}:${textOf(value)}`).join(',')}}`;
}

function placesOf(node: Node): Place[] {
  if (node.kind === 'raw') return [];
  return list(node).flatMap((_item, at) => [{ container: node, at }, ...placesOf(nodeOf(node, at))]);
}

function list(container: Place['container']): unknown[] {
  return container.kind === 'array' ? container.items : container.entries;
}

function nodeOf(container: Place['container'], at: number): Node {
  return container.kind === 'array' ? container.items[at]! : container.entries[at]![1];
}

function keyOf(container: Place['container'], at: number): string {
  return container.kind === 'array' ? '' : container.entries[at]![0];
}

function replace(container: Place['container'], at: number, node: Node): void {
  if (container.kind === 'array') container.items[at] = node;
  else container.entries[at]![1] = node;
}

function rename(container: Place['container'], at: number, key: string): void {
  if (container.kind === 'object') container.entries[at]![0] = key;
}

function insert(container: Place['container'], at: number, key: string, node: Node): void {
  if (container.kind === 'array') container.items.splice(at, 0, node);
  else container.entries.splice(at, 0, [key, node]);
}

function duplicate(container: Place['container'], at: number, literal: string): void {
  insert(container, at, keyOf(container, at), literal === '' ? nodeOf(container, at) : raw(literal));
}

function repeat(container: Place['container'], at: number, value: number): void {
  const text = textOf(nodeOf(container, at));
  const count = repeats(value, text.length + 1, MAX_CHARACTERS);
  replace(container, at, raw(value % 2 === 0 ? `[${`${text},`.repeat(count - 1)}${text}]` : `${`${text},`.repeat(count - 1)}${text}`));
}

function deep(node: Node, depth: number, value: number): Node {
  const [open, close] = pick([['[', ']'], ['{"items":', '}'], ['{"":', '}'], ['[', '']] as const, value);
  return raw(open.repeat(depth) + textOf(node) + close.repeat(depth));
}

function snakeCase(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
