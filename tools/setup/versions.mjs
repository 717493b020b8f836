// Versions as programs print them ("v24.21.0", "nats-server: v2.15.1"), and their order.

/** The first `major.minor.patch` in a text as three numbers, or undefined. A missing patch is 0. */
export function parseVersion(text) {
  const match = /(\d+)\.(\d+)(?:\.(\d+))?/.exec(text);
  return match === null ? undefined : [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)];
}

/** Whether `version` is `minimum` or newer; both are three numbers. */
export function isAtLeast(version, minimum) {
  for (let i = 0; i < 3; i += 1) {
    if (version[i] !== minimum[i]) return version[i] > minimum[i];
  }
  return true;
}
