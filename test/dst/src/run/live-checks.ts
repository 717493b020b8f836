import type { LogEvent } from '@irqmesh/domain';
import { ParticipantTrack, TokenModel } from '@irqmesh/test-history';
import type { ClientCall, Violation } from '@irqmesh/test-history';
import type { OpenCall, OpenCallback, RegistrationView } from '@irqmesh/test-load';

/**
 * What the checkers of callbacks and of the model can tell while a run goes on: the first violation ends it where it
 * happened. The whole history is judged afterwards all the same.
 */
export class LiveChecks {
  /** The first violation. */
  violation: Violation | undefined;
  private readonly registers = new Map<number, ClientCall>();
  private readonly tracks = new Map<number, ParticipantTrack>();
  /** By register call: its callback that has begun, and is not taken yet since its result is not known. */
  private readonly running = new Map<number, OpenCallback>();
  /** Register calls whose unregister has resolved. */
  private readonly over = new Set<number>();
  private readonly tokens = new Map<string, TokenModel>();

  called(call: OpenCall): void {
    if (call.verb === 'register') this.registers.set(call.id, call);
  }

  returned({ verb, ends, result }: OpenCall): void {
    if (verb !== 'unregister' || ends === undefined || result !== 0) return;
    this.over.add(ends);
    const running = this.running.get(ends);
    if (running !== undefined) this.complain(running, `runs although the unregister of its registration has resolved`);
  }

  callbackBegan(callback: OpenCallback): void {
    const { call } = callback;
    const before = this.running.get(call);
    if (before !== undefined) this.take(before);
    this.running.set(call, callback);
    if (this.over.has(call)) this.complain(callback, 'was called although the unregister of its registration had resolved');
  }

  callbackEnded(callback: OpenCallback): void {
    if (this.running.get(callback.call) !== callback) return;
    this.running.delete(callback.call);
    this.take(callback);
  }

  stored(event: LogEvent): void {
    const model = this.tokens.get(event.token) ?? new TokenModel(event.token, ({ sequence, token, body }, mistake) => {
      this.violation ??= { checker: 'model', sentence: `event ${sequence} (${body.type} of ${token}): ${mistake}`, token, sequences: [sequence] };
    });
    this.tokens.set(event.token, model);
    model.take({ event });
  }

  /** What a registry shows as registered was registered so, by an event that the log had then. */
  looked({ side, participant, token, sequence, requestId, irq, callbackDeadlineMs, peerSequence }: RegistrationView): void {
    const registered = this.tokens.get(token)?.registrations.find((registration) => registration.sequence === sequence);
    const body = registered?.stored.event.body;
    const isSo =
      registered?.side === side && registered.requestId === requestId && registered.host === participant.host && registered.session === participant.session && registered.participant === participant.id &&
      body?.type === (side === 'producer' ? 'ProducerRegistered' : 'ConsumerRegistered') && body.deadlineMs === callbackDeadlineMs && (body.type === 'ProducerRegistered' ? body.irq : undefined) === irq;
    const hasPeer = peerSequence === undefined || this.tokens.get(token)?.registrations.some((other) => other.sequence === peerSequence && other.side !== side) === true;
    if (isSo && hasPeer) return;
    this.violation ??= { checker: 'model', sentence: `a registry shows ${side} ${participant.host}/${participant.id} ${token} as registered by event ${sequence}, and the log has ${isSo ? `no peer of it at event ${peerSequence}` : 'no such registration'}`, token, sequences: [sequence] };
  }

  private take(callback: OpenCallback): void {
    const register = this.registers.get(callback.call);
    if (register === undefined) return;
    const track = this.tracks.get(register.id) ?? new ParticipantTrack(register);
    this.tracks.set(register.id, track);
    const [mistake] = track.take(callback);
    if (mistake !== undefined) this.complain(callback, `was called ${mistake}`);
  }

  private complain({ callback, side, host, participant, token, operationSequence }: OpenCallback, mistake: string): void {
    this.violation ??= { checker: 'callbacks', sentence: `${callback} of ${side} ${host}/${participant} ${token} in operation ${operationSequence} ${mistake}`, token, sequences: [operationSequence] };
  }
}
