#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const built = new URL('../dist/main.js', import.meta.url);
if (!existsSync(fileURLToPath(built))) {
  console.error('irqmesh: it is not compiled yet; run `npm start` once, or `npm run build`');
  process.exit(1);
}
const { main } = await import(built.href);
// Explicitly, so that a handle left open in some library cannot keep a finished command from ending.
process.exit(await main(process.argv.slice(2)));
