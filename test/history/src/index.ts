export { ParticipantTrack } from './callbacks/participant-track.ts';
export { checkHistory } from './check-history.ts';
export type { HistoryVerdict } from './check-history.ts';
export { describeFold, pairDifferences } from './compare-folds.ts';
export type { CallbackCall, ClientCall, ClientTurn, History, Incarnation, Moment, StoredEvent, Timing, Violation } from './history.ts';
export { modelLog } from './model/log-model.ts';
export type { LogModel } from './model/log-model.ts';
export { TokenModel } from './model/token-model.ts';
