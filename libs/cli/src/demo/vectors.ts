import type { Fold } from '@irqmesh/domain';
import { eventfdToken, FIRST_EVENTFD, vectorTokens } from '@irqmesh/inventory';
import type { HostInventory } from '@irqmesh/inventory';

/**
 * - `off`: nothing is registered. `remapped`: registered and not connected, so the interrupt passes the host.
 * - `posted`: connected, delivered straight into the guest. `masked`: its producer is at the eventfd that QEMU reads.
 */
export type VectorState = 'off' | 'remapped' | 'posted' | 'masked';

/** Where a vector stands, and the tokens of its two eventfds: KVM's, and the one that a masked vector signals. */
export interface VectorPlace {
  readonly host: string;
  readonly vm: string;
  readonly bdf: string;
  readonly index: number;
  readonly hostIrq: number;
  readonly kvmToken: string;
  readonly userToken: string;
}

/** The vectors of a host in one of its boots. The numbering is that of the host-agent. */
export function placesOf(inventory: HostInventory, boot: number): VectorPlace[] {
  const entries = vectorTokens(inventory, boot);
  return entries.map(({ bdf, vm, vector: { index, hostIrq }, token }, at) => ({
    host: inventory.name,
    vm,
    bdf,
    index,
    hostIrq,
    kvmToken: token,
    userToken: eventfdToken(inventory.name, boot, FIRST_EVENTFD + entries.length + at),
  }));
}

/** A vector's state as the log has it. */
export function vectorState(fold: Fold, { kvmToken, userToken }: VectorPlace): VectorState {
  const token = fold.token(kvmToken);
  if (token.connected) return 'posted';
  if (token.consumer !== undefined && fold.token(userToken).producer !== undefined) return 'masked';
  return token.consumer === undefined && token.producer === undefined ? 'off' : 'remapped';
}
