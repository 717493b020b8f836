import { LogConfigurationError, LogLostDataError } from '@irqmesh/event-log';

/** What is said of an error that ends a service: what is wrong and, where that depends on the settings, how to go on. */
export function lastWords(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const advice = adviceFor(error);
  return advice === undefined ? error.message : `${error.message}; ${advice}`;
}

function adviceFor(error: Error): string | undefined {
  if (error instanceof LogLostDataError) {
    return 'restore the log from a backup, or start with IRQMESH_ACCEPT_DATA_LOSS=true to go on from what is there, which rebuilds the read model';
  }
  if (error instanceof LogConfigurationError && error.problem === 'partitions') return "unset IRQMESH_PARTITIONS, or set it to the log's number";
  return undefined;
}
