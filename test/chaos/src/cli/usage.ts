import { ALL_KINDS, NEMESIS_KINDS } from '../nemesis/nemesis-kinds.ts';

export const USAGE = `Usage: npm run chaos -- [options]

Runs real nats-servers, services (two or three of each) and hosts' agents that
register and unregister without pause, while a nemesis kills them, stops them
and cuts them off. Then nothing fails any more, all has to come to rest, and
the checkers of the simulation judge what was seen.

  --minutes M      how long the load and the nemesis last, in rounds of at
                   most three minutes, each on new servers (default: 1);
                   starting and coming to rest take half a minute more
  --nemesis LIST   all, none, or some of what --list shows (default: all)
  --nats WHICH     cluster: three nodes, three replicas; single: one node;
                   both: in turn (default: cluster)
  --hosts N        hosts with an agent each (default: 3)
  --seed S         what the nemesis and the load draw from; a seed repeats
                   the plan, not what real processes make of it (default: 1)
  --list           what the nemesis does
  --help           this text

An operation is unknown to its caller when it gave up, its session was lost or
its process killed; what came of it stands in the log, and is judged by that.
Each round passes or fails by each checker; what a failed one was is kept in
.irqmesh/chaos.
Exit status: 0 nothing was found, 1 something was, 2 wrong usage, 130
interrupted.`;

export function kindsText(): string {
  const width = Math.max(...ALL_KINDS.map((kind) => kind.length));
  return ALL_KINDS.map((kind) => `${kind.padEnd(width)}  ${NEMESIS_KINDS[kind]}`).join('\n');
}
