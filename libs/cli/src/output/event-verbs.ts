import type { EventBody } from '@irqmesh/domain';

/** What happened, in a word: how lines of events begin, and what they can be picked by. */
export const VERBS: Readonly<Record<EventBody['type'], string>> = {
  ProducerRegistered: 'registered',
  ConsumerRegistered: 'registered',
  ProducerUnregistered: 'unregistered',
  ConsumerUnregistered: 'unregistered',
  PairConnected: 'connected',
  ConnectFailed: 'failed',
  ConnectAborted: 'aborted',
  PairDisconnected: 'disconnected',
  HandshakeStalled: 'stalled',
  RegistrationRefused: 'refused',
};
