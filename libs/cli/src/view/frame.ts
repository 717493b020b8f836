import type { EventLine, EventTone } from '../demo/event-text.ts';
import type { FrameState, ServiceState } from './frame-state.ts';
import { hostLines, legend } from './host-lines.ts';
import { PROCESS_STYLES } from './marks.ts';
import type { Marks } from './marks.ts';
import { column, cut, span, widthOf, wrap } from './spans.ts';
import type { Line, Span, Style } from './spans.ts';

export interface FrameSize {
  readonly columns: number;
  readonly rows: number;
}

/** The step's sentence always has this much room, so that nothing jumps. */
const STEP_ROWS = 3;
const EVENT_ROWS_MIN = 4;
const PLACE_COLUMNS_MAX = 28;

const TONES: Readonly<Record<EventTone, Style | undefined>> = { plain: undefined, good: 'green', bad: 'red', quiet: 'yellow' };

/** The whole screen: at most `rows` lines, none wider than `columns`. Pure. */
export function frame(state: FrameState, { columns, rows }: FrameSize, marks: Marks): Line[] {
  const rule: Line = [span(marks.rule.repeat(columns), 'dim')];
  const legendRule: Span[] = [span(marks.rule.repeat(2), 'dim'), span(' '), ...legend(marks)];
  legendRule.push(span(marks.rule.repeat(Math.max(0, columns - widthOf(legendRule))), 'dim'));
  const head = [title(state, columns), services(state.services, marks), numbers(state), rule, ...step(state, columns, marks), legendRule];
  const hostRows = Math.max(2, rows - head.length - 1 - EVENT_ROWS_MIN);
  const hosts = hostLines(state.hosts, hostRows, columns, marks);
  const body = [...head, ...hosts, rule];
  const events = eventLines(state.latest, Math.max(0, rows - body.length));
  return [...body, ...events].slice(0, rows).map((line) => cut(line, columns));
}

function title({ title: text, elapsedMs, totalMs }: FrameState, columns: number): Line {
  const left = span(` ${text}`, 'bold');
  const right = totalMs === 0 ? 'starting ' : `${seconds(Math.min(elapsedMs, totalMs))} of ${seconds(totalMs)} `;
  const gap = Math.max(1, columns - widthOf([left, span(right)]));
  return [left, span(' '.repeat(gap)), span(right, 'dim')];
}

function seconds(ms: number): string {
  return `${Math.floor(ms / 1000)} s`;
}

function services(states: readonly ServiceState[], marks: Marks): Line {
  return states.flatMap(({ name, status, restarts }): Span[] => [
    span(` ${marks.processes[status]} `, PROCESS_STYLES[status]),
    span(name),
    span(restarts > 0 ? ` (${restarts} restart${restarts === 1 ? '' : 's'})` : '', 'red'),
  ]);
}

function numbers({ pairs, counts, rates }: FrameState): Line {
  return [
    span(` ${pairs} pairs`, 'bold'),
    span(`  ${counts.connected} connects (${rates.connects}/s)  ${counts.disconnected} disconnects  ${counts.refused} refused  ${counts.events} events (${rates.events}/s)`),
  ];
}

function step({ step: current }: FrameState, columns: number, marks: Marks): Line[] {
  const lines: Line[] = [];
  if (current !== undefined) {
    const label = ` ${marks.step} ${current.number}/${current.total} `;
    const text = wrap(current.sentence, columns - label.length - 1).slice(0, STEP_ROWS);
    for (const [at, part] of text.entries()) lines.push([span(at === 0 ? label : ' '.repeat(label.length), 'cyan'), span(part)]);
  }
  while (lines.length < STEP_ROWS) lines.push([]);
  return lines;
}

function eventLines(latest: readonly EventLine[], rows: number): Line[] {
  const shown = rows === 0 ? [] : latest.slice(-rows);
  const places = Math.min(PLACE_COLUMNS_MAX, shown.reduce((most, { place }) => Math.max(most, place.length), 0));
  const digits = String(shown.at(-1)?.sequence ?? 0).length;
  return shown.map(({ sequence, place, text, tone }) => [
    span(` ${String(sequence).padStart(digits)}  `, 'dim'),
    span(`${column(place, places)}  `),
    span(text, TONES[tone]),
  ]);
}
