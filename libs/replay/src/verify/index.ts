export * from './entry.ts';
export * from './log-verifier.ts';
