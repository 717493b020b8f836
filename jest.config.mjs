// Tests run from the TypeScript sources: the export condition below picks `src` in every package.
export default {
  testMatch: ['<rootDir>/{libs,services,test}/**/*.spec.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
  modulePathIgnorePatterns: ['/dist/', '<rootDir>/.irqmesh/'],
  extensionsToTreatAsEsm: ['.ts'],
  testEnvironmentOptions: { customExportConditions: ['irqmesh-source', 'node', 'node-addons'] },
  transform: { '^.+\\.ts$': ['@swc/jest', { configFile: '.swcrc' }] },
};
