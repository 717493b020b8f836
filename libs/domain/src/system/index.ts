// The clock and randomness of a real machine, browser or Node; apart from the pure core, which never imports them.
export { SystemClock } from './system-clock.ts';
export { SystemRandom } from './system-random.ts';
