export * from './explain.ts';
export * from './verify/index.ts';
