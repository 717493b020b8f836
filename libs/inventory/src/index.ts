/**
 * Inventories of hosts from dumps that people have: /proc/interrupts, libvirt XML, QEMU command lines. The parsers are
 * pure functions over text and never throw for what the text holds; only read-inventory and scan-this-machine touch files.
 */
export { parseBdf } from './bdf.ts';
export { detectSource } from './detect-source.ts';
export type { Detection, SourceKind } from './detect-source.ts';
export { buildHost } from './host/build-host.ts';
export type { HostReading } from './host/build-host.ts';
export type { Device, HostInventory, Vector, Vm } from './host/model.ts';
export { counterDelta, MAX_COUNTER } from './interrupts/counters.ts';
export type { ArchRow, InterruptRow, InterruptsDump, PciVector, VectorKind, VfioAction } from './interrupts/model.ts';
export { parseInterrupts } from './interrupts/parse.ts';
export type { LibvirtDocument, NodeDevice } from './libvirt/model.ts';
export { parseLibvirt } from './libvirt/parse.ts';
export { parseQemuCommands } from './qemu/parse.ts';
export type { QemuDocument } from './qemu/parse.ts';
export { MAX_FILE_BYTES, MAX_FILES, MAX_TOTAL_BYTES, readHostInventory, readSourceFiles } from './read-inventory.ts';
export type { SourcesReading } from './read-inventory.ts';
export { hostNameOf, scanThisMachine } from './scan-this-machine.ts';
export type { MachinePaths } from './scan-this-machine.ts';
export type { Source } from './source-text.ts';
export { eventfdToken, FIRST_EVENTFD, vectorTokens } from './tokens.ts';
export type { VectorToken } from './tokens.ts';
export type { Passthrough, VcpuPin, VmDefinition } from './vm-definition.ts';
export { formatWarning } from './warning.ts';
export type { Warning, WarningLevel } from './warning.ts';
