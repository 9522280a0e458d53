// The package as others get it: packed, installed in an empty project, type-checked and imported there.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { build } from 'esbuild';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const VIEWER = fileURLToPath(new URL('..', import.meta.url));
const TSC = join(VIEWER, 'node_modules/typescript/bin/tsc');
/** Options of a project of today's that a bundler builds. */
const STRICT = '--noEmit --strict --module esnext --moduleResolution bundler --target es2022 --lib es2022,dom'.split(
  ' ',
);
/** Bytes of all that a page loads, gzipped. */
const GZIPPED_BYTES_MAX = 60 << 10;

const USE = `
import { LanStream, StreamErrorEvent, type ErrorCode, type FrameMetadata } from 'lanstream-viewer';
import { LanStream as Same } from 'lanstream-viewer/element';
import { Engine } from 'lanstream-viewer/engine';
const element = document.querySelector('lan-stream')!;
element.src = 'http://127.0.0.1:1/#0';
const width: number = element.videoWidth;
element.addEventListener('error', event => {
  const code: ErrorCode = event.code;
  console.log(code, event.message, event.detail.directive);
});
element.addEventListener('frame', event => { const seq: number = event.detail.seq; console.log(seq, width); });
element.addEventListener('click', event => console.log(event.clientX));
element.requestVideoFrameCallback((now: number, metadata: FrameMetadata) => console.log(now, metadata.captureTime));
const played: Promise<void> = element.play();
const shot: Promise<Blob> = element.screenshot();
const isSame: boolean = element instanceof Same && element instanceof LanStream;
console.log(played, shot, isSame, Engine, StreamErrorEvent);
// @ts-expect-error: there is no such fit
element.fit = 'cover';
`;

const REACT = `
import type {} from 'lanstream-viewer/react';
import { useRef } from 'react';
import type { LanStream } from 'lanstream-viewer';
export function Screen({ url }: { url: string }) {
  const view = useRef<LanStream>(null);
  return (
    <lan-stream
      ref={view}
      src={url}
      controls
      fit="contain"
      stats={true}
      className="screen"
      style={{ width: 300 }}
      onerror={event => console.log(event.code)}
      onplaying={() => console.log(view.current?.videoWidth)}
      onframe={event => console.log(event.detail.seq)}
    />
  );
}
// @ts-expect-error: there is no such fit
export const wrong = <lan-stream fit="cover" />;
`;

let project = '';
let installed = '';

before(() => {
  project = mkdtempSync(join(tmpdir(), 'lanstream-package-'));
  installed = join(project, 'node_modules/lanstream-viewer');
  execFileSync('npm', ['pack', '--pack-destination', project], { cwd: VIEWER, stdio: 'pipe' });
  const archive = readdirSync(project).find(name => name.endsWith('.tgz')) ?? '';
  writeFileSync(join(project, 'package.json'), '{ "type": "module" }');
  const install = ['install', '--offline', '--no-audit', '--no-fund', `./${archive}`];
  execFileSync('npm', install, { cwd: project, stdio: 'pipe' });
});

after(() => rmSync(project, { recursive: true, force: true }));

/** @param {string} name @param {string} source @param {string[]} options */
function typeCheck(name, source, ...options) {
  writeFileSync(join(project, name), source);
  try {
    execFileSync(process.execPath, [TSC, ...STRICT, ...options, name], { cwd: project, stdio: 'pipe' });
  } catch (error) {
    assert.fail(String(/** @type {{ stdout: Buffer }} */ (error).stdout));
  }
}

test('it has what a package has, and every export leads to a file of it', () => {
  const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
  for (const name of ['README.md', 'LICENSE-MIT', 'LICENSE-APACHE', manifest.customElements, manifest.types])
    assert.ok(readFileSync(join(installed, name)).length > 0, name);
  const targets = Object.values(manifest.exports).flatMap(each =>
    typeof each === 'string' ? [each] : Object.values(each),
  );
  for (const target of targets) assert.ok(readFileSync(join(installed, target)).length > 0, target);
});

test('its licences are those of the project', () => {
  for (const name of ['LICENSE-MIT', 'LICENSE-APACHE'])
    assert.equal(readFileSync(join(installed, name), 'utf8'), readFileSync(join(VIEWER, '..', name), 'utf8'));
});

test('its types hold in a strict project', () => {
  typeCheck('use.ts', USE);
});

test('its element is one of those that React 19 knows', () => {
  mkdirSync(join(project, 'node_modules/@types'));
  symlinkSync(join(VIEWER, 'node_modules/@types/react'), join(project, 'node_modules/@types/react'));
  typeCheck('screen.tsx', REACT, '--jsx', 'react-jsx');
});

/** @param {string} source @returns {Promise<string>} what a bundler makes of it */
async function bundled(source) {
  const { outputFiles } = await build({
    stdin: { contents: source, resolveDir: project },
    bundle: true,
    format: 'esm',
    target: 'es2022',
    write: false,
    logLevel: 'silent', // It would warn of the import that it drops, which is what is tested.
  });
  return String(outputFiles[0]?.text);
}

test('a bundler keeps the definition of the element, and nothing of a class that nobody uses', async () => {
  assert.match(await bundled("import 'lanstream-viewer';"), /\.define\("lan-stream"/);
  assert.doesNotMatch(await bundled("import 'lanstream-viewer/element';"), /class|lan-stream"/);
  assert.doesNotMatch(
    await bundled("import { LanStream } from 'lanstream-viewer/element'; console.log(LanStream);"),
    /\.define\(/,
  );
});

test('minified, with its decoder, it is small', async () => {
  const src = join(installed, 'src');
  const { outputFiles } = await build({
    entryPoints: ['lan-stream.js', 'worker.js', 'element/sound-worklet.js'].map(name => join(src, name)),
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    write: false,
    outdir: project,
  });
  const files = [...outputFiles.map(({ contents }) => contents), readFileSync(join(src, 'codec.wasm'))];
  const bytes = files.reduce((sum, file) => sum + gzipSync(file, { level: 9 }).length, 0);
  assert.ok(bytes <= GZIPPED_BYTES_MAX, `${bytes} bytes`);
});

test('it is imported where there is no DOM, and defines nothing there', () => {
  const source = `
    const defining = await import('lanstream-viewer');
    const alone = await import('lanstream-viewer/element');
    await import('lanstream-viewer/engine');
    await import('lanstream-viewer/protocol');
    console.log(defining.LanStream === alone.LanStream, typeof defining.StreamError);`;
  const said = execFileSync(process.execPath, ['--input-type=module', '-e', source], { cwd: project });
  assert.equal(String(said).trim(), 'true function');
});
