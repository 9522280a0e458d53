import assert from 'node:assert/strict';
import { test } from 'node:test';

import { fileOf } from '../src/files.js';

test('a path is a file of the page or of the viewer', () => {
  assert.match(fileOf('/') ?? '', /page\/index\.html$/);
  assert.match(fileOf('/main.js') ?? '', /page\/main\.js$/);
  assert.match(fileOf('/viewer/src/lan-stream.js') ?? '', /lanstream-viewer\/src\/lan-stream\.js$/);
});

test('nothing outside of the two folders is a file', () => {
  const paths = [
    '/../src/main.js',
    '/%2e%2e/src/main.js',
    '/..%2fsrc/main.js',
    '/viewer/../../x',
    '/..\\x',
    '//etc/passwd',
  ];
  for (const path of paths) {
    const file = fileOf(path);
    assert.ok(file === null || /electron\/page\//.test(file), `${path}: ${file}`);
  }
});
