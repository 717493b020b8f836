export * from './any-actions.ts';
export * from './history.ts';
export * from './manual-clock.ts';
export * from './model-world.ts';
export * from './play.ts';
export * from './show-state.ts';
