import { describe, expect, it } from '@jest/globals';
import { IrqBypassError, partitionOf, SIDES } from '@irqmesh/domain';
import fc from 'fast-check';
import { name, token } from '../test-support/arbitraries.ts';
import {
  agentSubject, ALL_HOSTS, eventSubject, invokeSubject, kindFilter, matcherFilter, matcherSubject, parseAgentSubject, parseEventSubject, parseMatcherSubject,
  parseRegistrySubject, partitionFilter, REGISTRY_VERBS, registryFilter, registryQueue, registrySubject, tokenFilter,
} from './subjects.ts';

/** Whether a NATS server would hand a subject to a subscription. */
function matches(filter: string, subject: string): boolean {
  const wanted = filter.split('.');
  const parts = subject.split('.');
  return wanted.every((part, at) => (part === '>' ? parts.length > at : part === '*' ? parts[at] !== undefined : part === parts[at])) && (wanted.at(-1) === '>' || wanted.length === parts.length);
}

describe('event subjects', () => {
  const kind = fc.constantFrom('producer' as const, 'consumer' as const, 'pair' as const, 'note' as const);

  it('come back as they went', () => {
    fc.assert(
      fc.property(token, kind, fc.integer({ min: 1, max: 4096 }), (text, of, partitions) => {
        const subject = eventSubject(text, of, partitions);
        expect(parseEventSubject(subject)).toMatchObject({ partition: partitionOf(text, partitions), kind: of, token: text });
        expect(subject.length).toBeLessThan(255);
      }),
    );
  });

  it('stay what they are: the log of yesterday has them', () => {
    expect(eventSubject('host-a/boot-1/eventfd-42', 'producer', 16)).toBe('irqmesh.evt.6.producer.aG9zdC1hL2Jvb3QtMS9ldmVudGZkLTQy');
  });

  it('match their filters', () => {
    const subject = eventSubject('t', 'pair', 16);
    expect(matches(partitionFilter(partitionOf('t', 16)), subject)).toBe(true);
    expect(matches(kindFilter('pair'), subject)).toBe(true);
    expect(matches(kindFilter('note'), subject)).toBe(false);
    expect(matches(tokenFilter('t', 16), subject)).toBe(true);
    expect(matches(tokenFilter('u', 16), subject)).toBe(false);
  });

  it.each([
    'irqmesh.evt.0.producer',
    'irqmesh.evt.0.producer.dA.more',
    'irqmesh.evt.00.producer.dA',
    'irqmesh.evt.-1.producer.dA',
    'irqmesh.evt.65536000.producer.dA',
    'irqmesh.evt.0.matcher.dA',
    'irqmesh.evt.0.producer.',
    'irqmesh.rpc.0.producer.dA',
    'other.evt.0.producer.dA',
    '',
  ])('refuse %j', (subject) => {
    expect(() => parseEventSubject(subject)).toThrow(IrqBypassError);
  });
});

describe('registry subjects', () => {
  it('come back as they went and match their filter', () => {
    fc.assert(
      fc.property(fc.constantFrom(...SIDES), fc.constantFrom(...REGISTRY_VERBS), name, (side, verb, host) => {
        const subject = registrySubject(side, verb, host);
        expect(parseRegistrySubject(subject)).toEqual({ side, verb, host });
        expect(matches(registryFilter(side, verb), subject)).toBe(true);
      }),
    );
  });

  it('let operators list and get all hosts, and do nothing else for them', () => {
    expect(parseRegistrySubject(registrySubject('producer', 'list', ALL_HOSTS))).toEqual({ side: 'producer', verb: 'list', host: ALL_HOSTS });
    expect(registrySubject('consumer', 'get', ALL_HOSTS)).toBe('irqmesh.rpc.consumer.get._all');
    expect(() => registrySubject('producer', 'register', ALL_HOSTS)).toThrow(IrqBypassError);
    expect(() => parseRegistrySubject('irqmesh.rpc.producer.register._all')).toThrow(IrqBypassError);
  });

  it('are apart from invokes, which matchers send', () => {
    expect(invokeSubject('producer')).toBe('irqmesh.rpc.producer.invoke');
    expect(registryQueue('consumer')).toBe('consumer-registry');
    expect(REGISTRY_VERBS.some((verb) => matches(registryFilter('producer', verb), invokeSubject('producer')))).toBe(false);
  });

  it.each(['irqmesh.rpc.producer.register', 'irqmesh.rpc.producer.register.a.b', 'irqmesh.rpc.producer.drop.a', 'irqmesh.rpc.matcher.list.a', 'irqmesh.rpc.producer.list.a b'])('refuse %j', (subject) => {
    expect(() => parseRegistrySubject(subject)).toThrow(IrqBypassError);
  });

  it.each(['a.b', '*', '>', '', 'a b', '_all '])('never hold the host %j', (host) => {
    expect(() => registrySubject('producer', 'list', host)).toThrow(IrqBypassError);
  });
});

describe('agent and matcher subjects', () => {
  it('come back as they went', () => {
    fc.assert(
      fc.property(name, name, fc.constantFrom('invoke' as const, 'holdings' as const), (host, session, verb) => {
        expect(parseAgentSubject(agentSubject(host, session, verb))).toEqual({ host, session, verb });
      }),
    );
    expect(parseMatcherSubject(matcherSubject(7, 'explain'))).toEqual({ partition: 7, verb: 'explain' });
    expect(matches(matcherFilter('state'), matcherSubject(7, 'state'))).toBe(true);
    expect(matches(matcherFilter('state'), matcherSubject(7, 'explain'))).toBe(false);
  });

  it.each(['irqmesh.agent.a.s', 'irqmesh.agent.a.s.drop', 'irqmesh.agent.a.s.invoke.x', 'irqmesh.agent..s.invoke', 'irqmesh.rpc.a.s.invoke'])('refuse %j', (subject) => {
    expect(() => parseAgentSubject(subject)).toThrow(IrqBypassError);
  });

  it.each(['irqmesh.rpc.matcher.x.state', 'irqmesh.rpc.matcher.1.drop', 'irqmesh.rpc.matcher.1.state.x', 'irqmesh.rpc.matcher.1', 'irqmesh.rpc.producer.1.state'])('refuse %j', (subject) => {
    expect(() => parseMatcherSubject(subject)).toThrow(IrqBypassError);
  });
});
