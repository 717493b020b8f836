// What tests of other packages use.
export { GatedLog } from './gated-log.ts';
