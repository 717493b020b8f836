import { pick, repeats } from './steps.ts';
import type { Step } from './steps.ts';
import { bounded, MAX_CHARACTERS, mutateText } from './text.ts';

/** Tags and the text between them. No tag holds a `<`: many of them without an end would take their time squared. */
const PIECES = /<[^<>]*>|[^<]+|</g;

const NAMES = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'length', 'domain', 'hostdev', 'qemu:arg', 'x:y', 'a.b-c', '_', 'é'];
const VALUES = ['', '0', '-1', '0x', '0xffffffff', '99999999999999999999', '&amp;', '&lt;', '&x;', '&#0;', '&#x110000;', '&#xd800;', '&#65;', '&', '<', '\0', '\ud800', '$HOST', '0-8191', '0-8191,^0-8191', '{"driver":"vfio-pci","host":"01:00.0"}'];
const MARKUP = [
  '<!-- x -->', '<!--', '-->', '<![CDATA[x]]>', '<![CDATA[', ']]>', '<?xml version="1.0"?>', '<?', '<!DOCTYPE a>', '<!DOCTYPE a [<!ENTITY x "y">]>&x;',
  '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;">]>&c;', '<!DOCTYPE a [', '</a>', '<a/>', '<a', '<domain><name>x</name></domain>', '<domain>', '</domain>', '<hostdev mode="subsystem" type="pci"/>',
  "<vcpupin vcpu='0' cpuset='0-8191'/>", '<qemu:commandline><qemu:arg value="-device"/><qemu:arg value="vfio-pci,sysfsdev=/devices/"/></qemu:commandline>',
];

type Mutation = (pieces: string[], at: number, value: number) => void;

const MUTATIONS: readonly Mutation[] = [
  (pieces, at) => pieces.splice(at, 1),
  (pieces, at) => pieces.splice(at, 0, pieces[at]!),
  (pieces, at, value) => pieces.splice(value % pieces.length, 0, ...pieces.splice(at, 1)),
  (pieces, at, value) => (pieces[at] = pieces[at]!.replace(/^<\/?[\w:.-]+/, (start) => (start.startsWith('</') ? '</' : '<') + pick(NAMES, value))),
  (pieces, at, value) => changeAttribute(pieces, at, value, (name) => `${name}="${pick(VALUES, value >>> 4)}"`),
  (pieces, at, value) => changeAttribute(pieces, at, value, (_name, quoted) => `${pick(NAMES, value >>> 4)}=${quoted}`),
  (pieces, at, value) => changeAttribute(pieces, at, value, (name, quoted) => `${name}=${quoted} `.repeat(repeats(value >>> 4, name.length + quoted.length + 2, MAX_CHARACTERS))),
  (pieces, at, value) => changeAttribute(pieces, at, value, (name) => `${name}="${pick(['x', '/devices/', '0,', '&amp;', ' '], value).repeat(repeats(value >>> 8, 9, MAX_CHARACTERS))}"`),
  (pieces, at, value) => pieces.splice(at, 0, pick(VALUES, value)),
  (pieces, at, value) => pieces.splice(at, 0, pick(MARKUP, value)),
  (pieces, at, value) => pieces.splice(at, 0, pick(MARKUP, value).repeat(repeats(value >>> 8, pick(MARKUP, value).length, MAX_CHARACTERS))),
  (pieces, at, value) => nest(pieces, at, value),
  (pieces, at, value) => repeatElement(pieces, at, value),
];

/** An XML text with the steps done to it: to its tags, attributes and elements, or to its lines and characters. */
export function mutateXml(text: string, steps: readonly Step[]): string {
  return steps.reduce((now, step) => {
    const kind = step.op % (MUTATIONS.length + 3);
    const pieces = now.match(PIECES);
    if (kind >= MUTATIONS.length || pieces === null) return mutateText(now, [{ ...step, op: step.op >>> 4 }], MARKUP);
    MUTATIONS[kind]!(pieces, step.at % pieces.length, step.value);
    return bounded(pieces.join(''));
  }, text);
}

function changeAttribute(pieces: string[], at: number, value: number, change: (name: string, quoted: string) => string): void {
  const tag = pieces[at]!;
  const attributes = [...tag.matchAll(/(?<=\s)([\w:.-]+)\s*=\s*("[^"]*"|'[^']*')/g)];
  if (attributes.length === 0) return;
  const [whole, name, quoted] = pick(attributes, value);
  pieces[at] = tag.replace(whole, () => change(name!, quoted!));
}

function nest(pieces: string[], at: number, value: number): void {
  const name = pick(NAMES, value);
  const depth = repeats(value >>> 4, 2 * name.length + 5, MAX_CHARACTERS);
  const inside = pieces[at]!;
  pieces[at] = `<${name}>`.repeat(depth) + inside + (value % 2 === 0 ? `</${name}>`.repeat(depth) : '');
}

/** The element that starts here, up to its end tag, over and over. */
function repeatElement(pieces: string[], at: number, value: number): void {
  const name = /^<([\w:.-]+)/.exec(pieces[at]!)?.[1];
  if (name === undefined) return;
  const end = pieces[at]!.endsWith('/>') ? at : pieces.indexOf(`</${name}>`, at);
  if (end === -1) return;
  const element = pieces.slice(at, end + 1).join('');
  pieces.splice(at, 0, element.repeat(repeats(value, element.length, MAX_CHARACTERS)));
}
