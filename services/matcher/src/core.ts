// The matcher without Nest, NATS and SQLite: a class that takes ports, for simulations.

export { MatcherNode } from './matcher/matcher-node.ts';
export type { MatcherNodePorts, MatcherNodeSettings } from './matcher/matcher-node.ts';
export type { InvokeCaller } from './matcher/invoke-caller.ts';
