export * from './history.ts';
export * from './manual-clock.ts';
export * from './play.ts';
export * from './show-state.ts';
