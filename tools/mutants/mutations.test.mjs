import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MUTATIONS } from './mutations.mjs';
import { mutatedText } from './workshop.mjs';

test('there is a mistake for each of the thirteen rules, and thirty or more in all', () => {
  const rules = new Set(MUTATIONS.map(({ rule }) => rule));
  for (let rule = 1; rule <= 13; rule++) assert.ok(rules.has(rule), `rule ${rule}`);
  assert.ok(MUTATIONS.length >= 30);
  assert.equal(new Set(MUTATIONS.map(({ what }) => what)).size, MUTATIONS.length);
});

test('every mistake fits the sources as they are', () => {
  for (const { edits } of MUTATIONS) {
    for (const file of new Set(edits.map((edit) => edit.file))) mutatedText(file, edits.filter((edit) => edit.file === file));
  }
});
