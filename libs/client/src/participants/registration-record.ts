import type { CallbackSet, Side } from '@irqmesh/domain';
import type { CallbackTable } from '../agent/callback-call.ts';
import type { ParticipantAgent } from '../agent/participant-agent.ts';
import type { OpenSession } from '../session/open-session.ts';

/** What is asked for when a participant registers; checked. */
export interface RegistrationRequest {
  readonly side: Side;
  readonly id: string;
  readonly token: string;
  /** Producers only. */
  readonly irq: number | undefined;
  readonly callbacks: CallbackTable;
  readonly supplied: CallbackSet;
  readonly deadlineMs: number;
  readonly quiesceGroup: string | undefined;
}

/** The session that a registration is made under, and what is its own there. */
export interface RegistrationBasis {
  readonly session: OpenSession;
  readonly agent: ParticipantAgent;
  readonly requestId: string;
}

/**
 * - `registering`: its request is under way. `registered`: it stands. `unregistering`: its unregister is under way.
 * - `lost`: its session is over, and it waits for the next one. `ended`: it does not stand, and will not again.
 */
export type RegistrationState = 'registering' | 'registered' | 'unregistering' | 'lost' | 'ended';

/** A registration over its whole life; one that is restored is the same on another basis. */
export class RegistrationRecord {
  readonly request: RegistrationRequest;
  basis: RegistrationBasis;
  state: RegistrationState = 'registering';
  /** The sequence of its event in the log, once that is known. */
  sequence: number | undefined;
  private readonly unwanting = new AbortController();

  constructor(request: RegistrationRequest, basis: RegistrationBasis) {
    this.request = request;
    this.basis = basis;
  }

  /** Aborted when somebody has asked to unregister it: from then on it is not restored after a loss. */
  get unwanted(): AbortSignal {
    return this.unwanting.signal;
  }

  setUnwanted(): void {
    this.unwanting.abort();
  }
}
