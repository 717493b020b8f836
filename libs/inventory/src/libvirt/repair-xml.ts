import { LineIndex } from '../source-text.ts';
import { quoted } from '../warning.ts';
import type { WarningLog } from '../warning.ts';

/** Elements nested deeper than this are left out; libvirt nests some eight deep. */
export const MAX_XML_DEPTH = 64;

/** A whole tag: name, attributes with values in either quotes, and `/` when it is empty. No `<` in values, as in XML. */
const WHOLE_TAG = /<(\/?)([A-Za-z_][\w.:-]*)(?:\s+[A-Za-z_:][\w.:-]*\s*=\s*(?:"[^"<]*"|'[^'<]*'))*\s*(\/?)>/y;
const TAG_NAME = /<([A-Za-z_][\w.:-]*)/y;

interface OpenElement {
  readonly tag: string;
  readonly line: number;
  /** Its tag was damaged: only the name was kept, so its real end may bear another name. */
  readonly damaged: boolean;
}

/**
 * Makes well-formed XML of text that may be cut or damaged, and says what it changed:
 * what stands outside of elements, comments, declarations and damaged tags become blank, elements left open are closed,
 * end tags without a start are dropped. Of a damaged start tag the name is kept but no attribute, so that half a PCI
 * address never counts as a whole one. A cut tail goes back to the end of the last whole tag.
 * Line numbers stay as they were. A DOCTYPE is dropped: libvirt writes none, and entities declared there could grow
 * without bound.
 */
export function repairXml(text: string, log: WarningLog): string {
  return new XmlRepair(text, log).run();
}

class XmlRepair {
  readonly #text: string;
  readonly #log: WarningLog;
  readonly #lines: LineIndex;
  readonly #pieces: string[] = [];
  readonly #open: OpenElement[] = [];
  /** Characters of the text that are in `pieces`. */
  #done = 0;

  constructor(text: string, log: WarningLog) {
    this.#text = text;
    this.#log = log;
    this.#lines = new LineIndex(text);
  }

  run(): string {
    while (this.#done < this.#text.length) {
      const tag = this.#text.indexOf('<', this.#done);
      if (tag === -1) {
        this.#tailText();
        break;
      }
      this.#characters(tag);
      this.#markup();
    }
    const cut = this.#open.at(-1);
    if (cut !== undefined) {
      const line = this.#lines.lineAt(this.#text.length);
      this.#log.warn(line, `the text ends inside <${cut.tag}> (line ${cut.line}); it is read up to the last whole tag`);
    }
    while (this.#open.length > 0) this.#close();
    return this.#pieces.join('');
  }

  /** Text up to `end`, where a tag starts. */
  #characters(end: number): void {
    if (this.#open.length > 0) this.#keep(end);
    else this.#drop(end, 'stands outside of any XML element');
  }

  /** Text after the last tag: inside an element it is cut, and half a value is worse than none. */
  #tailText(): void {
    this.#drop(this.#text.length, this.#open.length > 0 ? 'is cut' : 'stands outside of any XML element');
  }

  #markup(): void {
    const at = this.#done;
    if (this.#text.startsWith('<!--', at)) this.#ignoreUntil('-->', 'comment');
    else if (this.#text.startsWith('<?', at)) this.#ignoreUntil('?>', 'declaration');
    else if (this.#text.startsWith('<![CDATA[', at)) this.#cdata();
    else if (/^<!DOCTYPE/i.test(this.#text.slice(at, at + 9))) this.#doctype();
    else this.#tag();
  }

  #ignoreUntil(end: string, what: string): void {
    const found = this.#text.indexOf(end, this.#done + 2);
    if (found === -1) this.#drop(this.#text.length, `is a ${what} without an end`);
    else this.#blank(found + end.length);
  }

  #cdata(): void {
    const found = this.#text.indexOf(']]>', this.#done);
    if (found === -1) this.#drop(this.#text.length, 'is a CDATA section without an end');
    else this.#characters(found + 3);
  }

  #doctype(): void {
    const declarationEnd = this.#text.indexOf('>', this.#done);
    const hasSubset = this.#text.slice(this.#done, Math.max(declarationEnd, this.#done)).includes('[');
    const end = hasSubset ? /\]\s*>/g : />/g;
    end.lastIndex = this.#done;
    const found = end.exec(this.#text) !== null;
    this.#drop(found ? end.lastIndex : this.#text.length, 'is a DOCTYPE, which libvirt never writes; entities it declares are not expanded');
  }

  #tag(): void {
    const at = this.#done;
    WHOLE_TAG.lastIndex = at;
    const match = WHOLE_TAG.exec(this.#text);
    if (match === null) return this.#damagedTag();
    const [whole, slash, tag, empty] = match;
    if (slash === '/' ? empty === '/' || whole.includes('=') : repeatsAttribute(whole)) return this.#damagedTag();
    const end = at + whole.length;
    if (slash === '/') return this.#endTag(tag!, end);
    if (empty === '/') return this.#keep(end);
    if (this.#open.length >= MAX_XML_DEPTH) return this.#drop(this.#text.length, `nests deeper than ${MAX_XML_DEPTH} elements`);
    this.#open.push({ tag: tag!, line: this.#lines.lineAt(at), damaged: false });
    this.#keep(end);
  }

  #endTag(tag: string, end: number): void {
    const depth = this.#open.findLastIndex((element) => element.tag === tag);
    if (depth === -1) {
      const top = this.#open.at(-1);
      this.#drop(end, top?.damaged === true ? `is taken for the end of the damaged <${top.tag}>` : 'has no start');
      if (top?.damaged === true) this.#close();
      return;
    }
    const line = this.#lines.lineAt(this.#done);
    for (const left of this.#open.slice(depth + 1)) this.#log.warn(left.line, `<${left.tag}> has no end; it is closed by </${tag}> in line ${line}`);
    while (this.#open.length > depth + 1) this.#close();
    this.#open.pop();
    this.#keep(end);
  }

  /** What starts with `<` and is no tag: dropped up to the next one. A start tag's name stays, to keep its children together. */
  #damagedTag(): void {
    const at = this.#done;
    const next = this.#text.indexOf('<', at + 1);
    const atEnd = next === -1;
    const chunk = this.#text.slice(at, atEnd ? this.#text.length : next);
    TAG_NAME.lastIndex = at;
    const tag = atEnd || /\/>\s*$/.test(chunk) ? undefined : TAG_NAME.exec(this.#text)?.[1];
    const keepsName = tag !== undefined && this.#open.length < MAX_XML_DEPTH;
    const line = this.#lines.lineAt(at);
    this.#drop(at + chunk.length, atEnd ? 'is cut' : 'is a damaged tag', keepsName ? 'only its name is kept' : 'left out');
    if (!keepsName) return;
    this.#open.push({ tag, line, damaged: true });
    this.#pieces.push(`<${tag}>`);
  }

  #close(): void {
    this.#pieces.push(`</${this.#open.pop()!.tag}>`);
  }

  #keep(end: number): void {
    this.#pieces.push(this.#text.slice(this.#done, end));
    this.#done = end;
  }

  /** Leaves the text up to `end` out, but for its line ends. */
  #blank(end: number): void {
    this.#pieces.push(this.#text.slice(this.#done, end).replace(/[^\n]+/g, ' '));
    this.#done = end;
  }

  /** `#blank` with a warning, unless there is nothing but space. */
  #drop(end: number, why: string, fate = 'left out'): void {
    const dropped = this.#text.slice(this.#done, end);
    if (dropped.trim() !== '') {
      const first = this.#done + dropped.search(/\S/);
      this.#log.warn(this.#lines.lineAt(first), `${quoted(firstLine(dropped))} ${why}; ${fate}`, this.#lines.lineAt(this.#done + dropped.trimEnd().length - 1));
    }
    this.#blank(end);
  }
}

/**
 * An attribute given twice is no XML; as a rule, two tags have become one. Each stands behind a space: looked for at any
 * character, a long name would take its time squared.
 */
function repeatsAttribute(tag: string): boolean {
  const names = Array.from(tag.matchAll(/\s([A-Za-z_:][\w.:-]*)\s*=\s*(?:"[^"]*"|'[^']*')/g), ([, name]) => name);
  return new Set(names).size < names.length;
}

function firstLine(text: string): string {
  return text.trimStart().split('\n', 1)[0]!;
}
