// The SDK: the kernel's IRQ bypass API in TypeScript, over NATS. What makes it up stands in `core.ts`.

export { connect } from './connect.ts';
export type { ConnectOptions } from './connect.ts';
export { IrqMeshClient } from './client.ts';
export type { BatchResult, ConsumerOptions, ListOptions, ProducerOptions } from './client.ts';
export type { ClientOptions } from './options.ts';
export { Consumer, Producer } from './participants/handle.ts';
export type { ParticipantOptions } from './participants/handle.ts';
export type { ConsumerCallbacks, ProducerCallbacks } from './participants/callbacks.ts';
export { Registration } from './participants/registration.ts';
export type { CallbackFunction, Peer } from './agent/callback-call.ts';
export type { ClientEvents, RegistrationEvent } from './events.ts';
export type { SessionLossReason } from './session/session-lease.ts';
export { consoleLog } from './log.ts';
export type { ClientLog } from './log.ts';
export { Errno, IrqBypassError } from '@irqmesh/domain';
