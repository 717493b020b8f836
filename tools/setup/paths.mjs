// Where things stand in a checkout. Everything set-up makes lies under .irqmesh/, which git ignores.
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout's top folder. */
export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** State of this checkout: tool chain, logs, the demo's NATS data. */
export const stateDir = join(root, '.irqmesh');

/** Programs that set-up fetched: Node and nats-server. */
export const toolchainDir = join(stateDir, 'toolchain');
