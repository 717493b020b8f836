export * from './device.ts';
export * from './lane.ts';
export * from './load-recorder.ts';
export * from './seeded-random.ts';
