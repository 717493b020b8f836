// Downloads one file: node download.mjs URL FILE. A program of its own, so that it runs with the Node that
// set-up chose, which follows HTTPS_PROXY when NODE_USE_ENV_PROXY is set, and can be ended at its deadline.
import { createWriteStream } from 'node:fs';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';

const MAX_BYTES = 64 * 1024 * 1024;

/** Ends a transfer that is too large to be what was asked for. */
function limit(maxBytes) {
  let seenBytes = 0;
  return new Transform({
    transform(chunk, _encoding, done) {
      seenBytes += chunk.length;
      if (seenBytes > maxBytes) done(new Error(`more than ${maxBytes} bytes were sent`));
      else done(null, chunk);
    },
  });
}

async function download(url, file) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${new URL(url).host} answered ${response.status} ${response.statusText}`);
  await pipeline(Readable.fromWeb(response.body), limit(MAX_BYTES), createWriteStream(file));
}

const [url, file] = process.argv.slice(2);
try {
  await download(url, file);
} catch (error) {
  const cause = error.cause?.code ?? error.cause?.message;
  console.error(cause === undefined ? `error: ${error.message}` : `error: ${new URL(url).host} cannot be reached (${cause})`);
  process.exitCode = 1;
}
