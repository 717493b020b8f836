/**
 * How a fault comes about.
 * - `each`: with a probability each time it could happen, such as for each message.
 * - `minute`: so many times in a virtual minute, at moments of its own.
 * - `run`: holds for the whole run, with a probability; counted once, `ids_forgotten` each time that it mattered.
 */
export type FaultManner = 'each' | 'minute' | 'run';

export interface FaultKind {
  readonly manner: FaultManner;
  /** The range that a seed draws the probability or frequency from. */
  readonly low: number;
  readonly high: number;
  readonly sentence: string;
}

/** Everything that can go wrong in the simulated world. */
export const FAULT_KINDS = {
  message_delayed: { manner: 'each', low: 0.002, high: 0.2, sentence: 'a message took up to 3 s, others overtook it' },
  request_late: { manner: 'each', low: 0.002, high: 0.1, sentence: "a client's request was delivered after its deadline" },
  invoke_late: { manner: 'each', low: 0.002, high: 0.1, sentence: 'an invoke was delivered up to 20 s late' },
  message_duplicated: { manner: 'each', low: 0.002, high: 0.2, sentence: 'a message was delivered twice' },
  request_lost: { manner: 'each', low: 0.002, high: 0.15, sentence: 'a request was lost' },
  reply_lost: { manner: 'each', low: 0.002, high: 0.15, sentence: 'a reply was lost after the work was done' },
  append_ack_late: { manner: 'each', low: 0.002, high: 0.15, sentence: 'an append was acknowledged late' },
  append_ack_lost: { manner: 'each', low: 0.002, high: 0.15, sentence: 'an append was stored, its acknowledgement lost' },
  append_refused: { manner: 'each', low: 0.002, high: 0.15, sentence: 'the log refused an append for the moment' },
  leader_stale: { manner: 'each', low: 0.01, high: 0.5, sentence: 'a server that had been replaced as the leader told where the log ended before' },
  crash_at_call: { manner: 'each', low: 0.0002, high: 0.004, sentence: 'a service was killed at a call, before or after its effect' },
  agent_crash_at_callback: { manner: 'each', low: 0.002, high: 0.05, sentence: 'an agent was killed in the middle of a handshake' },
  service_killed: { manner: 'minute', low: 0.5, high: 10, sentence: 'a service was killed and started again' },
  store_lost: { manner: 'each', low: 0.1, high: 1, sentence: 'a service that had a read model started without it' },
  agent_killed: { manner: 'minute', low: 0.5, high: 5, sentence: 'an agent was killed and started again' },
  process_paused: { manner: 'minute', low: 0.5, high: 6, sentence: "a process stood still, for up to twice a session's life" },
  log_unavailable: { manner: 'minute', low: 0.5, high: 4, sentence: 'the log could not be reached by anyone' },
  partition: { manner: 'minute', low: 0.5, high: 6, sentence: 'two groups of processes could not reach each other' },
  fold_lag: { manner: 'minute', low: 0.5, high: 8, sentence: "a service's fold lagged behind for seconds" },
  lease_split: { manner: 'run', low: 0.3, high: 1, sentence: 'every matcher believed that it held every partition' },
  clock_offset: { manner: 'run', low: 0.5, high: 1, sentence: "the hosts' wall clocks were wrong" },
  clock_drift: { manner: 'run', low: 0.5, high: 1, sentence: "the hosts' clocks ran at different rates" },
  ids_forgotten: { manner: 'run', low: 0.5, high: 1, sentence: 'the log had forgotten the message id of an append that came again' },
  callback_failed: { manner: 'each', low: 0.02, high: 0.4, sentence: 'a callback returned a failure or threw' },
  callback_slow: { manner: 'each', low: 0.01, high: 0.2, sentence: 'a callback took time, within its deadline' },
  callback_late: { manner: 'each', low: 0.005, high: 0.15, sentence: 'a callback returned after its deadline' },
  callback_hung: { manner: 'each', low: 0.001, high: 0.01, sentence: 'a callback never returned' },
  // New kinds come last: what a seed draws for those before stays as it was.
  agent_crash_at_call: { manner: 'each', low: 0.0005, high: 0.01, sentence: 'an agent was killed at a call of its session or of a registry, before or after its effect' },
  log_leaderless: { manner: 'minute', low: 0.5, high: 4, sentence: 'the log refused every append for seconds while the buckets lived' },
} as const satisfies Readonly<Record<string, FaultKind>>;

export type Fault = keyof typeof FAULT_KINDS;

export const FAULTS = Object.keys(FAULT_KINDS) as Fault[];
