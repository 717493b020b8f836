import { settings, textMatching, text, wholeNumber } from '@irqmesh/platform';
import type { Settings } from '@irqmesh/platform';

/** Which host a host-agent plays. */
export interface HostSettings {
  /** The host's name: letters, digits, `-` and `_`, since it stands in NATS subjects. */
  readonly name: string;
  /** Files and folders of the inventory. */
  readonly inventoryPaths: readonly string[];
  /** Number of this boot, from 1. A new boot has new eventfds, so it stands in every token. */
  readonly boot: number;
}

const BOOTS_MAX = 1_000_000;

export const hostSettings: Settings<HostSettings> = settings(
  {
    IRQMESH_HOST: textMatching(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, 'must be 1 to 64 letters, digits, "-" or "_", the first a letter or digit'),
    IRQMESH_INVENTORY: text(),
    IRQMESH_BOOT: wholeNumber({ min: 1, max: BOOTS_MAX }).default(1),
  },
  (env) => ({ name: env.IRQMESH_HOST, inventoryPaths: env.IRQMESH_INVENTORY.split(','), boot: env.IRQMESH_BOOT }),
);
