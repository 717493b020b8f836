import type { IrqMeshClient, Registration } from '@irqmesh/client/core';
import type { CallbackCall, ClientCall } from '@irqmesh/test-history';

type Open<T> = { -readonly [Key in keyof T]: T[Key] };

/** A call that may not have returned yet. */
export type OpenCall = Open<ClientCall>;
/** A callback that may not have returned yet. */
export type OpenCallback = Open<CallbackCall>;

export type NewCall = Omit<ClientCall, 'id' | 'calledAt' | 'returnedAt' | 'result' | 'session' | 'requestId'>;
export type NewCallback = Omit<CallbackCall, 'calledAt' | 'returnedAt' | 'result'>;

/** A registration as a registry shows it. */
export type RegistrationView = NonNullable<Awaited<ReturnType<IrqMeshClient['lookUp']>>>;

/** Where the load tells what it does, at the moment when it does it. */
export interface LoadRecorder {
  /** A client makes a call. @returns to be told how it ended. */
  called(call: NewCall): OpenCall;
  /** @param registration that was made or ended, where the caller has it. */
  returned(call: OpenCall, result: number, registration?: Registration): void;
  callbackBegan(callback: NewCallback): OpenCallback;
  callbackEnded(callback: OpenCallback, result: number): void;
  /** A registry has said that these are registered: all of them must once have been. */
  looked?(views: readonly RegistrationView[]): void;
}

/** One run of an agent's process, as the load sees it. */
export interface AgentLife {
  /** Its incarnation, such as `host-a#2`. */
  readonly name: string;
  /** A dead one tells nothing any more. */
  readonly isAlive: boolean;
}

/** What can befall a callback. */
export type CallbackFault = 'callback_failed' | 'callback_slow' | 'callback_late' | 'callback_hung' | 'agent_crash_at_callback';
