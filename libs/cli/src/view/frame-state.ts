import type { EventLine } from '../demo/event-text.ts';
import type { VectorState } from '../demo/vectors.ts';
import type { ProcessStatus } from '../supervise/supervised.ts';

/** Everything that a frame shows. */
export interface FrameState {
  readonly title: string;
  readonly elapsedMs: number;
  /** 0 while the show has not begun. */
  readonly totalMs: number;
  readonly services: readonly ServiceState[];
  readonly hosts: readonly HostState[];
  readonly step: { readonly number: number; readonly total: number; readonly sentence: string } | undefined;
  readonly pairs: number;
  readonly counts: { readonly events: number; readonly connected: number; readonly disconnected: number; readonly refused: number };
  readonly rates: { readonly events: number; readonly connects: number };
  /** The newest last. */
  readonly latest: readonly EventLine[];
}

export interface ServiceState {
  readonly name: string;
  readonly status: ProcessStatus;
  readonly restarts: number;
}

export interface HostState {
  readonly name: string;
  readonly status: ProcessStatus;
  readonly boot: number;
  readonly cpus: number;
  readonly devices: readonly DeviceState[];
}

export interface DeviceState {
  readonly vm: string;
  readonly bdf: string;
  readonly label: string;
  /** In the order of the vectors' indices; empty for a device without MSI and MSI-X vectors. */
  readonly vectors: readonly VectorState[];
}
