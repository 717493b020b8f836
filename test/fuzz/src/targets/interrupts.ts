import { MAX_COUNTER, parseInterrupts } from '@irqmesh/inventory';
import fc from 'fast-check';
import { interruptsDumps } from '../corpus/dumps.ts';
import { windowsOf } from '../corpus/windows.ts';
import type { FuzzTarget } from '../engine/fuzz-target.ts';
import { steps } from '../mutate/steps.ts';
import { mutateText } from '../mutate/text.ts';
import { holds, warningsHold } from './inventory-properties.ts';

export const INTERRUPTS_WORDS = [
  'CPU0 CPU1\n', '           CPU0       CPU8191\n', '\n 30: ', 'vfio-msix[', 'vfio-msix[1](0000:03:00.0)', 'vfio-intx(ffffffff:ff:1f.7)', 'IR-PCI-MSIX-0000:03:00.0', ' 1572865-edge', '  PIN:', 'ERR:', ', ', 'GICv3 27 Level', '::', '[', '(',
];

export const interrupts: FuzzTarget<string> = {
  name: 'interrupts',
  sentence: '/proc/interrupts',
  inputs: fc.tuple(windowsOf(interruptsDumps), steps).map(([text, done]) => mutateText(text, done, INTERRUPTS_WORDS)),
  run: (text) => {
    const { cpus, rows, archRows, warnings } = parseInterrupts({ name: 'interrupts.txt', text });
    warningsHold(warnings);
    holds(rows.every(({ counts }) => counts.length === cpus.length), 'a row has not one counter for each CPU');
    holds([...rows, ...archRows].every(({ counts }) => counts.every((count) => Number.isInteger(count) && count >= 0 && count <= MAX_COUNTER)), 'a counter is no 32-bit number');
    return rows.length + archRows.length > 0 ? 'accepted' : 'refused';
  },
};
