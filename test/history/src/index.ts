export { checkHistory } from './check-history.ts';
export type { HistoryVerdict } from './check-history.ts';
export type { CallbackCall, ClientCall, ClientTurn, History, Incarnation, Moment, StoredEvent, Violation } from './history.ts';
export { ParticipantTrack } from './callbacks/participant-track.ts';
export { TokenModel } from './model/token-model.ts';
