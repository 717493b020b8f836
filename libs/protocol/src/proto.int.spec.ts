import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

const TOOL = fileURLToPath(new URL('../../../tools/proto.mjs', import.meta.url));

describe('the protobuf definitions', () => {
  it('are linted, formatted, compatible with the last release, and generated', () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [TOOL, '--check'], { encoding: 'utf8', timeout: 60_000 });
    expect({ status, output: `${stdout}${stderr}`.trim().split('\n') }).toEqual({
      status: 0,
      output: ['proto: lint: ok', 'proto: format: ok', 'proto: breaking: ok', 'proto: generated code: ok'],
    });
  }, 90_000);
});
