import { FAULT_KINDS, FAULTS } from '../faults/fault-kinds.ts';

export const USAGE = `Usage: npm run dst -- --seeds A..B [options]
       npm run dst -- --seed S [--trace FILE] [options]
       npm run dst -- --regressions

Runs the services and agents of irqmesh in one process on virtual time, lets
seeded faults strike them, and checks what they did. A seed is one world: the
same seed gives the same run, to the last event.

  --seeds A..B      every seed from A to B
  --seed S          one seed, with its faults and, if it fails, what happened
                    before that
  --regressions     the seeds that once found something
  --trace FILE      writes the whole run of --seed, one line an event
  --profile P       calm: nothing fails; swarm: some kinds of fault, drawn for
                    each seed; brutal: every kind (default: swarm)
  --jobs N          threads (default: one for each processor)
  --first-failure   ends --seeds at the first that fails, as it is
  --hosts N         at most so many hosts, 1 to 3
  --tokens N        at most so many tokens, 1 to 4
  --lanes N         at most so many participants a host, 1 to 5
  --registries N    at most so many registries of each side, 1 or 2
  --matchers N      at most so many matchers, 1 to 3
  --load-ms N       load and faults end after so much virtual time
  --without a,b     leaves out kinds of fault
  --faults          lists the kinds of fault
  --help            this text

Exit status: 0 all passed, 1 a seed failed, 2 wrong usage, 130 interrupted.`;

/** Every kind of fault, with what it does. */
export function faultList(): string {
  const width = Math.max(...FAULTS.map((fault) => fault.length));
  return FAULTS.map((fault) => `${fault.padEnd(width)}  ${FAULT_KINDS[fault].sentence}`).join('\n');
}
