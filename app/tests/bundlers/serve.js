// Serves the page on a free port of this machine, built by a bundler or by a development server:
//
//     node serve.js vite|vite-dev|webpack|esbuild FOLDER
//
// FOLDER takes what is built. The origin is printed once it answers; the end of standard input ends it.

import { cp, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [bundler, out] = process.argv.slice(2);
const root = fileURLToPath(new URL('.', import.meta.url));
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' };
const JSX = { jsx: 'automatic' };
/** What Vite has from index.html. */
const page = script => `<!doctype html><link rel="icon" href="data:,"><body><div id="root"></div>
<script type="module" src="${script}"></script>`;

const BUNDLERS = {
  async vite() {
    const { build } = await import('vite');
    await build({ root, configFile: false, logLevel: 'error', esbuild: JSX, build: { outDir: out, target: 'es2022' } });
    return serve(null);
  },

  async 'vite-dev'() {
    const { createServer } = await import('vite');
    const server = await createServer({
      root,
      configFile: false,
      logLevel: 'error',
      cacheDir: out,
      esbuild: JSX,
      // Its worker and WebAssembly lie beside its modules, which Vite would copy elsewhere.
      optimizeDeps: { exclude: ['lanstream-viewer'] },
      server: { host: '127.0.0.1', port: await freePort(), hmr: false },
    });
    await server.listen();
    return server.httpServer.address().port;
  },

  async webpack() {
    const { default: webpack } = await import('webpack');
    const config = {
      mode: 'production',
      context: root,
      entry: './main.jsx',
      output: { path: out, filename: 'main.js' },
      module: { rules: [{ test: /\.jsx$/, use: join(root, 'jsx-loader.cjs') }] },
      performance: false,
    };
    const stats = await new Promise((resolve, reject) =>
      webpack(config, (error, stats) => (error === null ? resolve(stats) : reject(error))),
    );
    if (stats.hasErrors()) throw new Error(stats.toString('errors-only'));
    return serve(page('main.js'));
  },

  async esbuild() {
    const { build } = await import('esbuild');
    const options = { bundle: true, format: 'esm', target: 'es2022', logLevel: 'error', ...JSX };
    await build({ ...options, entryPoints: [join(root, 'main.jsx')], outfile: join(out, 'element/main.js') });
    // It leaves `new URL(…, import.meta.url)` as it is: beside the bundle lies what lies beside the modules.
    await cp(join(root, 'node_modules/lanstream-viewer/src'), out, { recursive: true, force: false });
    return serve(page('element/main.js'));
  },
};

/** Serves the folder. @param {string | null} index what `/` is, if it is no file */
async function serve(index) {
  const server = createServer(async (request, response) => {
    const path = new URL(request.url, 'http://127.0.0.1').pathname;
    const name = path === '/' ? 'index.html' : path.slice(1);
    try {
      const body = path === '/' && index !== null ? index : await readFile(join(out, name));
      response.writeHead(200, { 'Content-Type': TYPES[extname(name)] ?? 'application/octet-stream' }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  return server.address().port;
}

/** A port of this machine that nobody listens at. */
async function freePort() {
  const server = createServer();
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise(resolve => server.close(resolve));
  return port;
}

const port = await BUNDLERS[bundler]();
console.log(`http://127.0.0.1:${port}`);
process.stdin.resume().on('end', () => process.exit());
