/** What the nemesis does to the real processes. */
export const NEMESIS_KINDS = {
  service_killed: 'a service was killed and started again, some without their read model',
  service_restarted: 'a service was stopped in order and started again',
  service_paused: 'a service stood still',
  agent_killed: "a host's agent was killed and started again",
  agent_paused: "a host's agent stood still, for longer than a session's life at times",
  nats_killed: 'a NATS node was killed and started again',
  nats_leader_killed: "the node that led the log's stream was killed and started again",
  nats_paused: 'a NATS node stood still',
  nats_leader_paused: "the node that led the log's stream stood still",
  connection_cut: 'the connection of a process to NATS broke, and could not be made again for a while',
  connection_held: 'what a process and NATS sent each other was held back for a while, the connection open',
} as const;

export type NemesisKind = keyof typeof NEMESIS_KINDS;

export const ALL_KINDS = Object.keys(NEMESIS_KINDS) as NemesisKind[];

export type NemesisCounts = Record<NemesisKind, number>;

export function noCounts(): NemesisCounts {
  return Object.fromEntries(ALL_KINDS.map((kind) => [kind, 0])) as NemesisCounts;
}
