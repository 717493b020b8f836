export { checkHistory } from './check-history.ts';
export type { HistoryVerdict } from './check-history.ts';
export type { CallbackCall, ClientCall, ClientTurn, History, Incarnation, Moment, StoredEvent, Timing, Violation } from './history.ts';
