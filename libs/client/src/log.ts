/** Where the SDK writes what its caller should read but is not told by a return value. */
export interface ClientLog {
  /** @param fields what the message is about, for a structured log. */
  warn(message: string, fields: Readonly<Record<string, unknown>>): void;
}

/** Writes to the process's standard error. */
export const consoleLog: ClientLog = {
  warn: (message, fields) => console.warn(`irqmesh: ${message}`, fields),
};
