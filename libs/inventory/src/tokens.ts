import { parseName, parseToken } from '@irqmesh/domain';
import type { HostInventory, Vector } from './host/model.ts';

/**
 * The number of a host's first vector eventfd. The kernel hands out file descriptors from 3 up; those below are taken
 * to be QEMU's files and sockets.
 */
export const FIRST_EVENTFD = 32;

/** A vector and the eventfd its producer and its consumer meet at. */
export interface VectorToken {
  readonly bdf: string;
  readonly vm: string;
  readonly vector: Vector;
  readonly eventfd: number;
  /** `host-a/boot-1/eventfd-42`. */
  readonly token: string;
}

/**
 * The token of an eventfd. A kernel's token is a pointer, valid on one host in one boot; host and boot in the name keep
 * those of two hosts, or of two boots of one, apart.
 * @param boot number of the host's boot, from 1
 * @param eventfd number of the eventfd, from 0
 * @throws IrqBypassError -EINVAL for a host name that is none
 */
export function eventfdToken(host: string, boot: number, eventfd: number): string {
  return parseToken(`${parseName('host', host)}/boot-${boot}/eventfd-${eventfd}`);
}

/**
 * An eventfd for each MSI and MSI-X vector of the host, numbered from FIRST_EVENTFD in the order of devices and
 * vectors: the same inventory gives the same tokens. INTx vectors get none, since they have no irq bypass producer.
 * Numbers from FIRST_EVENTFD + length of the result are free for the host's further eventfds.
 */
export function vectorTokens(host: HostInventory, boot: number): VectorToken[] {
  const vectors = host.devices.flatMap(({ bdf, vm, vectors: own }) => own.filter(({ kind }) => kind !== 'intx').map((vector) => ({ bdf, vm, vector })));
  return vectors.map((entry, at) => ({ ...entry, eventfd: FIRST_EVENTFD + at, token: eventfdToken(host.name, boot, FIRST_EVENTFD + at) }));
}
