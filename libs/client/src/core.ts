// The SDK's parts, without NATS: classes that take ports, for simulations and for tools that bring their own.

export { SessionAgent } from './agent/session-agent.ts';
export type { SessionAgentOptions } from './agent/session-agent.ts';
export { ParticipantAgent } from './agent/participant-agent.ts';
export type { CallbackFault, Holding, ParticipantAgentOptions } from './agent/participant-agent.ts';
export type { CallbackTable, Peer } from './agent/callback-call.ts';
export { QuiesceGroup } from './agent/quiesce-group.ts';
export { NoAnswerError } from './calls/registry-caller.ts';
export type { RegistryCaller } from './calls/registry-caller.ts';
export type { AgentEndpoint, AgentHandler, Listening } from './session/agent-endpoint.ts';
export { MemorySessionBucket } from './session/memory-session-bucket.ts';
export type { SessionBucket, SessionEntry } from './session/session-bucket.ts';
export { SessionLease } from './session/session-lease.ts';
export type { SessionLeaseOptions, SessionLossReason } from './session/session-lease.ts';
export type { SessionPorts } from './session/open-session.ts';
export { IrqMeshClient } from './client.ts';
export type { ClientConnection } from './client.ts';
export type { Consumer, Producer } from './participants/handle.ts';
export type { Registration } from './participants/registration.ts';
