import assert from 'node:assert/strict';
import test from 'node:test';
import { debianCodename, debianMirrors, parseDeb822 } from './apt-sources.mjs';

const sources = (text) => ({ name: '/etc/apt/sources.list.d/debian.sources', text });
const list = (text) => ({ name: '/etc/apt/sources.list', text });

test('the mirror is found in a deb822 file, the security archive is not taken for it', () => {
  const file = sources(`# written by the installer
Types: deb deb-src
# a snapshot: http://snapshot.example/
URIs: http://mirror.example/debian/
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main
`);
  assert.deepEqual(debianMirrors([file], 'bookworm'), [
    { uri: 'http://mirror.example/debian/', signedBy: '/usr/share/keyrings/debian-archive-keyring.gpg' },
  ]);
});

test('a key that stands in the file itself is kept with its line breaks', () => {
  const [entry] = parseDeb822('Types: deb\nURIs: http://m.example/debian\nSuites: sid\nComponents: main\nSigned-By:\n -----BEGIN KEY-----\n .\n AAAA\n -----END KEY-----\n');
  assert.equal(entry.signedBy, '\n -----BEGIN KEY-----\n .\n AAAA\n -----END KEY-----');
});

test('disabled, source-only and CD-ROM entries are no mirrors', () => {
  const stanza = (head) => `${head}\nURIs: http://mirror.example/debian\nSuites: bookworm\nComponents: main\n`;
  const files = [sources(`${stanza('Enabled: no\nTypes: deb')}\n${stanza('Types: deb-src')}`), list('deb cdrom:[Debian 12]/ bookworm main\n# deb http://old.example/debian bookworm main\n')];
  assert.deepEqual(debianMirrors(files, 'bookworm'), []);
});

test('the mirror is found in a one-line file, with its key and in spite of options and comments', () => {
  const file = list(`deb-src http://mirror.example/debian bookworm main
deb [ arch=amd64 signed-by=/k/a.gpg,/k/b.gpg ] https://mirror.example/debian bookworm main contrib # ours
deb http://mirror.example/debian-security bookworm-security main
`);
  assert.deepEqual(debianMirrors([file], 'bookworm'), [{ uri: 'https://mirror.example/debian', signedBy: '/k/a.gpg /k/b.gpg' }]);
});

test('Debian\'s own archive goes before others that use the suite\'s name', () => {
  const file = list(`deb https://packages.example/debian/12/prod bookworm main
deb https://tools.example/apt stable main
deb http://mirror.example/debian bookworm main
deb http://mirror.example/debian bookworm-updates main
deb https://docker.example/linux/debian bookworm stable
`);
  assert.deepEqual(debianMirrors([file], 'bookworm').map(({ uri }) => uri), [
    'http://mirror.example/debian',
    'https://packages.example/debian/12/prod',
    'https://tools.example/apt',
  ]);
});

test('the code name comes from os-release; other distributions have none', () => {
  assert.equal(debianCodename('NAME="Debian GNU/Linux"\nVERSION_CODENAME=bookworm\nID=debian\n'), 'bookworm');
  assert.equal(debianCodename('ID=debian\n'), 'sid');
  assert.equal(debianCodename('ID=ubuntu\nID_LIKE=debian\nVERSION_CODENAME=noble\n'), undefined);
  assert.equal(debianCodename('ID=linuxmint\nDEBIAN_CODENAME=trixie\n'), 'trixie');
});
