import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { XMLValidator } from 'fast-xml-parser';
import { damaged } from '../testing/damage.ts';
import { exampleSources } from '../testing/example-files.ts';
import { WarningLog } from '../warning.ts';
import { MAX_XML_DEPTH, repairXml } from './repair-xml.ts';

function repair(text: string) {
  const log = new WarningLog('x');
  const repaired = repairXml(text, log);
  return { repaired, warnings: log.list().map(({ line, reason }) => `${line}: ${reason}`), log: log.list() };
}

describe('repairXml', () => {
  it('leaves well-formed XML as it is, but for comments and the declaration', () => {
    const xml = `<?xml version="1.0"?>\n<a b='1' c = "x>y">\n<d/>text &amp; more <e><![CDATA[<raw>]]></e></a>`;
    const { repaired, warnings } = repair(`${xml}<!-- b\n<c> -->\n`);
    expect(warnings).toEqual([]);
    expect(repaired).toBe(`${xml.replace(/<\?.*\?>/, ' ')} \n \n`);
  });

  it.each([
    ['text cut in an element', '<a>\n<b>16', '<a>\n<b> </b></a>', ['2: "16" is cut; left out', '2: the text ends inside <b> (line 2); it is read up to the last whole tag']],
    ['text cut in a tag', "<a>\n<b c='1'", '<a>\n </a>', [`2: "<b c='1'" is cut; left out`, '2: the text ends inside <a> (line 1); it is read up to the last whole tag']],
    ['text cut in a comment', '<a><!-- x', '<a> </a>', ['1: "<!-- x" is a comment without an end; left out', '1: the text ends inside <a> (line 1); it is read up to the last whole tag']],
    ['an end tag lost', '<a><b>\n</a>', '<a><b>\n</b></a>', ['1: <b> has no end; it is closed by </a> in line 2']],
    ['a start tag lost', '<a>\n</b></a>', '<a>\n </a>', ['2: "</b>" has no start; left out']],
    ['a start tag damaged', "<a><b c='1>x<d/></b></a>", '<a> <b><d/></b></a>', [`1: "<b c='1>x" is a damaged tag; only its name is kept`]],
    ['a name damaged', '<a><b* c="1"><d/></c></a>', '<a> <b><d/> </b></a>', ['1: "<b* c="1">" is a damaged tag; only its name is kept', '1: "</c>" is taken for the end of the damaged <b>; left out']],
    ['an empty tag damaged', "<a><b c='1/><d/></a>", '<a> <d/></a>', [`1: "<b c='1/>" is a damaged tag; left out`]],
    ['a prompt in front', '# virsh dumpxml a\n<a/>', ' \n<a/>', ['1: "# virsh dumpxml a" stands outside of any XML element; left out']],
    ['several roots', '<a/><b/>', '<a/><b/>', []],
  ])('%s', (_what, text, wanted, reasons) => {
    expect(repair(text)).toMatchObject({ repaired: wanted, warnings: reasons });
  });

  it('drops a DOCTYPE and what it declares', () => {
    const { repaired, warnings } = repair('<!DOCTYPE a [\n<!ENTITY b "c">\n]>\n<a>&b;</a>');
    expect(repaired).toBe(' \n \n \n<a>&b;</a>');
    expect(warnings[0]).toMatch(/^1: "<!DOCTYPE a \[" is a DOCTYPE, which libvirt never writes/);
  });

  it('stops at a bound of depth', () => {
    const { repaired, warnings } = repair('<a>'.repeat(100_000));
    expect(repaired.match(/<a>/g)).toHaveLength(MAX_XML_DEPTH);
    expect(warnings[0]).toMatch(/nests deeper than 64 elements; left out$/);
  });
});

/** Lines with text that is missing in the repaired XML, though it is no comment, and no warning says so. */
function linesNotAccountedFor(text: string): number[] {
  const { repaired, log } = repair(text);
  const before = text.replace(/<!--[^]*?-->|<\?[^]*?\?>/g, (ignorable) => ignorable.replace(/[^\n]/g, '')).split('\n');
  const after = repaired.split('\n');
  const warned = (at: number) => log.some(({ line, lastLine }) => line <= at && at <= (lastLine ?? line));
  return before.flatMap((line, at) => (holdsAllOf(after[at] ?? '', line) || warned(at + 1) ? [] : [at + 1]));
}

/** Whether `line` holds all characters of `part` but spaces, in their order; repairs put end tags in between. */
function holdsAllOf(line: string, part: string): boolean {
  let at = 0;
  return Array.from(part.replace(/\s+/g, '')).every((char) => {
    at = line.indexOf(char, at) + 1;
    return at > 0;
  });
}

describe('every line of damaged XML is accounted for, and what is left is well-formed', () => {
  it.each(exampleSources('.xml'))('$name as it is', ({ text }) => {
    expect(repair(text).warnings).toEqual([]);
    expect(linesNotAccountedFor(text)).toEqual([]);
  });

  it.each(exampleSources('.xml'))('$name damaged at random', ({ text }) => {
    fc.assert(fc.property(damaged(text), (broken) => {
      const { repaired } = repair(broken);
      expect(repaired.split('\n')).toHaveLength(broken.split('\n').length);
      expect(XMLValidator.validate(`<root>${repaired.replace(/&/g, '')}</root>`, { allowBooleanAttributes: false })).toBe(true);
      expect(linesNotAccountedFor(broken)).toEqual([]);
    }), { numRuns: 100 });
  });
});
