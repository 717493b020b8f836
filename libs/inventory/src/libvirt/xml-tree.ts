import { XMLParser } from 'fast-xml-parser';
import { LineIndex } from '../source-text.ts';
import type { WarningLog } from '../warning.ts';
import { MAX_XML_DEPTH, repairXml } from './repair-xml.ts';

/** An XML element with the line its start tag stands in. */
export interface XmlElement {
  readonly tag: string;
  readonly line: number;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  /** Its own text, without that of its children. */
  readonly text: string;
}

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseTagValue: false,
  parseAttributeValue: false,
  captureMetaData: true,
  maxNestedTags: MAX_XML_DEPTH + 1,
  // Only the five entities of XML itself are left (see repairXml); each makes the text shorter, so no count is needed.
  processEntities: { maxTotalExpansions: Infinity, maxExpandedLength: Infinity },
});

/** An element as fast-xml-parser orders it: one key for the tag, one for attributes, a symbol for the offset. */
type OrderedNode = Record<string, unknown> & { readonly [symbol: symbol]: unknown };

const ATTRIBUTES = ':@';
const TEXT = '#text';

/**
 * Parses XML, whole or damaged, into its elements. Damage is repaired first, and every repair is in the log; what the
 * parser still refuses is left out as a whole, with its reason.
 */
export function parseXml(text: string, log: WarningLog): XmlElement[] {
  const repaired = repairXml(text, log);
  const lines = new LineIndex(repaired);
  try {
    return elementsOf(parser.parse(repaired) as OrderedNode[], lines);
  } catch (error) {
    log.warn(0, `the XML cannot be read: ${error instanceof Error ? error.message : String(error)}`);
    return [];
  }
}

function elementsOf(nodes: readonly OrderedNode[], lines: LineIndex): XmlElement[] {
  return nodes.flatMap((node) => {
    const tag = Object.keys(node).find((key) => key !== ATTRIBUTES && key !== TEXT);
    return tag === undefined ? [] : [elementOf(tag, node, lines)];
  });
}

function elementOf(tag: string, node: OrderedNode, lines: LineIndex): XmlElement {
  const children = node[tag] as OrderedNode[];
  const { startIndex } = node[XMLParser.getMetaDataSymbol() as unknown as symbol] as { startIndex: number };
  const text = children.map((child) => child[TEXT]).filter((part) => typeof part === 'string').join('');
  return { tag, line: lines.lineAt(startIndex), attributes: (node[ATTRIBUTES] ?? {}) as Record<string, string>, children: elementsOf(children, lines), text: text.trim() };
}

/** A tag's name without its namespace prefix, which each document chooses for itself. */
export function localName({ tag }: XmlElement): string {
  return tag.slice(tag.indexOf(':') + 1);
}

/** First child with this tag. */
export function child(element: XmlElement | undefined, tag: string): XmlElement | undefined {
  return element?.children.find((candidate) => candidate.tag === tag);
}

/**
 * All elements below `element` that `wanted` holds for, in document order, at any depth: in damaged XML an element
 * may stand inside its elder sibling. Elements that `enter` does not hold for are not looked into.
 */
export function descendants(element: XmlElement, wanted: (candidate: XmlElement) => boolean, enter: (candidate: XmlElement) => boolean): XmlElement[] {
  return element.children.flatMap((candidate) => [
    ...(wanted(candidate) ? [candidate] : []),
    ...(enter(candidate) ? descendants(candidate, wanted, enter) : []),
  ]);
}
