export * from './port.ts';
export { InMemoryEventLog } from './in-memory-event-log.ts';
export type { InMemoryEventLogOptions } from './in-memory-event-log.ts';
export { openJetStreamLog } from './jetstream/jetstream-event-log.ts';
export type { JetStreamLogOptions } from './jetstream/jetstream-event-log.ts';
