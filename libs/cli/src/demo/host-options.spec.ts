import { resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { exampleHosts, parseHostOption, readHosts } from './host-options.ts';

describe('parseHostOption', () => {
  it('takes a name and paths, several separated by commas', () => {
    const hosts = parseHostOption('b=/x/y', parseHostOption('a=/x/interrupts,/x/vm.xml'));
    expect(hosts).toEqual([{ name: 'a', paths: ['/x/interrupts', '/x/vm.xml'] }, { name: 'b', paths: ['/x/y'] }]);
  });

  it('takes relative paths from where the user is, also under npm', () => {
    const { npm_lifecycle_event: script, INIT_CWD: folder } = process.env;
    try {
      process.env['npm_lifecycle_event'] = 'start';
      process.env['INIT_CWD'] = '/home/me/dumps';
      expect(parseHostOption('a=host')[0]!.paths).toEqual(['/home/me/dumps/host']);
      delete process.env['npm_lifecycle_event'];
      expect(parseHostOption('a=host')[0]!.paths).toEqual([resolve('host')]);
    } finally {
      restore('npm_lifecycle_event', script);
      restore('INIT_CWD', folder);
    }
  });

  it.each([
    ['interrupts.txt', 'NAME=PATH'],
    ['a=', 'No file'],
    ['a b=x', 'letters, digits'],
    ['=x', 'letters, digits'],
    ['.=x', 'letters, digits'],
  ])('refuses %j', (text, why) => {
    expect(() => parseHostOption(text)).toThrow(why);
  });

  it('refuses a name that is given twice, and a seventeenth host', () => {
    expect(() => parseHostOption('a=y', parseHostOption('a=x'))).toThrow('twice');
    const sixteen = Array.from({ length: 16 }, (_, at) => ({ name: `h${at}`, paths: ['x'] }));
    expect(() => parseHostOption('a=y', sixteen)).toThrow('16');
  });
});

describe('exampleHosts', () => {
  it('never has a name that is taken, and can be read', async () => {
    expect(exampleHosts(1, ['host-a']).map(({ name }) => name)).toEqual(['host-b']);
    const hosts = await readHosts(exampleHosts(2));
    expect(hosts.map(({ inventory }) => inventory.vms.length)).toEqual([2, 2]);
  });
});

describe('readHosts', () => {
  it('names the host and the path that is not there', async () => {
    await expect(readHosts([{ name: 'a', paths: ['/nowhere/interrupts'] }])).rejects.toMatchObject({
      name: 'CommandError',
      message: '--host a: -2 (ENOENT): /nowhere/interrupts does not exist',
    });
  });
});

function restore(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}
