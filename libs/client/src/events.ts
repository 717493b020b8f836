import type { Callback, IrqBypassError, Side } from '@irqmesh/domain';
import type { SessionLossReason } from './session/session-lease.ts';

/** A registration, as events name it. */
export interface RegistrationEvent {
  readonly side: Side;
  /** The participant's id. */
  readonly id: string;
  readonly token: string;
}

/** What a client tells, by name. */
export interface ClientEvents {
  /** A session is open: the first, or the one that took a lost one's place. */
  sessionOpened: { readonly session: string; readonly replaces?: string | undefined };
  /**
   * The session is over; every pair has been or is being torn down, and nothing of it is called any more.
   * `reason`: `not_renewed` (NATS could not be reached in time), `gone` (it has been expired), `taken` (its key was
   * overwritten). With `reopening` a new session follows by itself.
   */
  sessionLost: { readonly session: string; readonly reason: SessionLossReason; readonly reopening: boolean };
  /**
   * A registration is over without having been unregistered. With `restoring` it is registered again under the next
   * session, which `registrationRestored` or another `registrationLost` (then with the `error`) tells of.
   */
  registrationLost: RegistrationEvent & { readonly restoring: boolean; readonly error?: IrqBypassError | undefined };
  /** A registration that was lost with its session stands again, under the new one. */
  registrationRestored: RegistrationEvent;
  /** A callback threw something else than an IrqBypassError, or returned what is no result; its result is -EIO. */
  callbackError: RegistrationEvent & { readonly callback: Callback; readonly operationSequence: number; readonly error: unknown };
  /** A programming error at which the kernel warns too, such as registering a participant that is registered. */
  warning: RegistrationEvent & { readonly message: string };
  /** The connection to NATS is lost; it is being restored. */
  disconnected: { readonly server: string };
  reconnected: { readonly server: string };
}

type Listener<Event> = (event: Event) => void;

/** Tells listeners of events, in the order in which they were added. */
export class Emitter<Events extends object> {
  private readonly listeners = new Map<keyof Events, Set<Listener<never>>>();

  /** Adds a listener; the function returned takes it away again. */
  on<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>): () => void {
    const listeners = this.listeners.get(name) ?? new Set();
    this.listeners.set(name, listeners.add(listener));
    return () => void listeners.delete(listener);
  }

  emit<Name extends keyof Events>(name: Name, event: Events[Name]): void {
    for (const listener of [...(this.listeners.get(name) ?? [])] as Listener<Events[Name]>[]) {
      try {
        listener(event);
      } catch (error) {
        // A listener's fault is its owner's: it becomes an uncaught error, and what was told goes on undisturbed.
        // oxlint-disable-next-line no-restricted-globals -- a microtask: over before virtual time goes on
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
