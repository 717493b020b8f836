import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's top folder, seen from the sources and from the compiled files alike. */
const ROOT = new URL('../../../../', import.meta.url);

export function projectFolder(): string {
  return resolve(fileURLToPath(ROOT));
}

export type ServiceName = 'producer-registry' | 'consumer-registry' | 'matcher' | 'host-agent';

/** The compiled program of a service. */
export function serviceProgram(name: ServiceName): string {
  return fileURLToPath(new URL(`services/${name}/dist/main.js`, ROOT));
}

/** The folder of an example host. */
export function exampleHost(name: string): string {
  return fileURLToPath(new URL(`examples/${name}`, ROOT));
}
