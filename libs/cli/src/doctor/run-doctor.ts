import { LEASES_BUCKET, SESSIONS_BUCKET } from '@irqmesh/protocol';
import { jetstreamManager } from '@nats-io/jetstream';
import { ExitCode } from '../command-error.ts';
import { withMesh } from '../connection.ts';
import type { Mesh } from '../connection.ts';
import { printJson } from '../output/json.ts';
import type { Check } from './check.ts';
import { checkBucket, checkClock, checkLog } from './log-checks.ts';
import type { StreamFacts } from './log-checks.ts';
import { doctorReport, paintForStdout } from './report.ts';
import { checkJetStream, checkServer } from './server-checks.ts';
import { askPartitions, checkMatchers, checkRegistry } from './service-checks.ts';
import { checkSessions } from './session-check.ts';
import { checkSync } from './sync-check.ts';

export interface DoctorOptions {
  readonly monitor: string | undefined;
  readonly json: boolean;
}

const API_TIMEOUT_MS = 5000;

/** Prints what was checked; the exit code is 1 when something failed. */
export async function runDoctor({ monitor, json }: DoctorOptions): Promise<void> {
  const checks = await withMesh('doctor', (mesh) => examine(mesh, monitor ?? mesh.monitorUrl));
  const failed = checks.some(({ status }) => status === 'fail');
  if (json) printJson({ ok: !failed, checks });
  else process.stdout.write(doctorReport(checks, paintForStdout));
  if (failed) process.exitCode = ExitCode.FAILED;
}

/** From the ground up: what rests on something that is not there is not looked at. */
async function examine({ connection }: Mesh, monitorUrl: string | undefined): Promise<Check[]> {
  const manager = await jetstreamManager(connection, { checkAPI: false, timeout: API_TIMEOUT_MS });
  const server = [await checkServer(connection), await checkJetStream(manager)];
  if (server.some(({ status }) => status === 'fail')) return server;
  const { check, facts } = await checkLog(connection, manager);
  if (facts === undefined) return [...server, check];
  const replicas = facts.info.config.num_replicas;
  const sessions = await checkBucket(manager, SESSIONS_BUCKET, 'sessions', replicas);
  const leases = await checkBucket(manager, LEASES_BUCKET, 'leases', replicas);
  const ground = [...server, check, await checkSync(monitorUrl, replicas), sessions, leases, await checkClock(manager)];
  const services = await examineServices(connection, facts);
  return sessions.status === 'fail' ? [...ground, ...services] : [...ground, ...services, await checkSessions(connection)];
}

async function examineServices(connection: Mesh['connection'], { info, partitions }: StreamFacts): Promise<Check[]> {
  const [producers, consumers, states] = await Promise.all([
    checkRegistry(connection, 'producer'),
    checkRegistry(connection, 'consumer'),
    askPartitions(connection, partitions),
  ]);
  return [producers, consumers, ...checkMatchers(states, info.state.last_seq)];
}
