// A copy of the built packages that a mutation can be put into without touching the checkout.
import { transformFile } from '@swc/core';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../setup/paths.mjs';

const GROUPS = ['libs', 'services', 'test'];

/** A mutation's text no longer stands in the source: it has to be written anew. */
export class StaleMutationError extends Error {}

export class Workshop {
  constructor() {
    this.dir = mkdtempSync(join(tmpdir(), 'irqmesh-mutants-'));
    const modules = join(this.dir, 'node_modules');
    mkdirSync(join(modules, '@irqmesh'), { recursive: true });
    for (const entry of readdirSync(join(root, 'node_modules'))) {
      if (entry !== '@irqmesh' && !entry.startsWith('.')) symlinkSync(join(root, 'node_modules', entry), join(modules, entry));
    }
    for (const path of packageFolders()) this.copyPackage(path, modules);
  }

  copyPackage(path, modules) {
    const target = join(this.dir, path);
    mkdirSync(target, { recursive: true });
    const manifest = readFileSync(join(root, path, 'package.json'), 'utf8');
    writeFileSync(join(target, 'package.json'), manifest);
    cpSync(join(root, path, 'dist'), join(target, 'dist'), { recursive: true });
    symlinkSync(target, join(modules, JSON.parse(manifest).name));
  }

  /** Puts a mutation in; the function returned takes it out again. */
  async apply({ edits }) {
    const undo = [];
    for (const file of new Set(edits.map((edit) => edit.file))) {
      const output = join(this.dir, file.replace('/src/', '/dist/').replace(/\.ts$/, '.js'));
      const original = readFileSync(output);
      undo.push(() => writeFileSync(output, original));
      const source = join(this.dir, 'mutated.ts');
      writeFileSync(source, mutatedText(file, edits.filter((edit) => edit.file === file)));
      const { code } = await transformFile(source, { configFile: join(root, '.swcrc') });
      writeFileSync(output, code);
    }
    return () => undo.forEach((restore) => restore());
  }

  close() {
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** The source with the edits made. @throws StaleMutationError when one does not fit any more. */
export function mutatedText(file, edits) {
  let text = readFileSync(join(root, file), 'utf8');
  for (const { find, replace } of edits) {
    const times = text.split(find).length - 1;
    if (times !== 1) throw new StaleMutationError(`${file} has this ${times} times, not once: ${find.trim()}`);
    text = text.replace(find, () => replace);
  }
  return text;
}

function packageFolders() {
  return GROUPS.flatMap((group) => readdirSync(join(root, group)).map((name) => `${group}/${name}`)).filter((path) => existsSync(join(root, path, 'dist')));
}

