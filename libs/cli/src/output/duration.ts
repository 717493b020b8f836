/** `12 µs`, `1.2 ms`, `340 ms`, `5.0 s`, `2 min`: a duration for people. @param us microseconds, 0 and up */
export function formatDuration(us: number): string {
  if (us < 1000) return `${Math.round(us)} µs`;
  const ms = us / 1000;
  if (ms < 999.5) return `${ms < 9.95 ? ms.toFixed(1) : Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 119.5) return `${seconds < 9.95 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  const minutes = seconds / 60;
  return minutes < 119.5 ? `${Math.round(minutes)} min` : `${Math.round(minutes / 60)} h`;
}
