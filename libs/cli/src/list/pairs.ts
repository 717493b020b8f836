import { otherSide } from '@irqmesh/domain';
import type { Participant, Side } from '@irqmesh/domain';
import type { RegistrationViewMessage } from '@irqmesh/protocol';

/**
 * Where a token stands, both sides seen together. `connecting` and `disconnecting`: an operation is open. `apart`: both
 * are there and not connected, since their connect was aborted.
 */
export type PairState = 'connected' | 'connecting' | 'disconnecting' | 'no consumer' | 'no producer' | 'apart';

/** A token and who holds it. */
export interface PairRow {
  readonly token: string;
  readonly producer?: Participant | undefined;
  readonly irq?: number | undefined;
  readonly producerSequence?: number | undefined;
  readonly consumer?: Participant | undefined;
  readonly consumerSequence?: number | undefined;
  readonly state: PairState;
}

/**
 * Joins both sides by token, in the order of the producers, consumers without one after them. A side whose registration
 * is not among those given (it is another host's, say) is taken from its peer's where that one is connected.
 */
export function joinPairs(producers: readonly RegistrationViewMessage[], consumers: readonly RegistrationViewMessage[]): PairRow[] {
  const consumerOf = new Map(consumers.map((consumer) => [consumer.token, consumer]));
  const rows = producers.map((producer) => pairRow(producer.token, producer, consumerOf.get(producer.token)));
  const withProducer = new Set(producers.map(({ token }) => token));
  const alone = consumers.filter(({ token }) => !withProducer.has(token)).map((consumer) => pairRow(consumer.token, undefined, consumer));
  return [...rows, ...alone];
}

function pairRow(token: string, producer: RegistrationViewMessage | undefined, consumer: RegistrationViewMessage | undefined): PairRow {
  return {
    token,
    producer: producer?.participant ?? consumer?.peer,
    irq: producer?.irq,
    producerSequence: producer?.sequence ?? consumer?.peerSequence,
    consumer: consumer?.participant ?? producer?.peer,
    consumerSequence: consumer?.sequence ?? producer?.peerSequence,
    state: pairState(producer, consumer),
  };
}

function pairState(producer: RegistrationViewMessage | undefined, consumer: RegistrationViewMessage | undefined): PairState {
  const states = [producer?.state, consumer?.state];
  if (states.includes('leaving')) return 'disconnecting';
  if (states.includes('registering')) return 'connecting';
  if (states.includes('connected')) return 'connected';
  if (producer !== undefined && consumer !== undefined) return 'apart';
  const missing: Side = otherSide((producer ?? consumer)!.side);
  return missing === 'consumer' ? 'no consumer' : 'no producer';
}
