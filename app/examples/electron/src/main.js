// The main process: it starts lanstream, gives its page a window, and hands the page the stream's URL.

import { app, BrowserWindow, ipcMain, net, protocol, session } from 'electron';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { fileOf, ORIGIN, POLICY, SCHEME } from './files.js';
import { start } from './sidecar.js';

/** The command of lanstream, and what it shows. */
const COMMAND = process.env['LANSTREAM'] ?? 'lanstream';
const SOURCE = ['capture', '--display', '0'];
/** Names that Chromium has had for access to servers of this machine. @type {readonly string[]} */
const PERMISSIONS = ['loopback-network', 'local-network-access'];

// A scheme of its own gives the page an origin, which `file:` has not; lanstream is told to answer it.
protocol.registerSchemesAsPrivileged([
  { scheme: SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true } },
]);

// Before anything else is awaited: whoever starts first must be able to end it.
const lanstream = start(COMMAND, [...SOURCE, '--allow-origin', ORIGIN]);
lanstream.url.catch(error => {
  console.error(`lanstream: ${error.message}`);
  app.exit(1);
});
app.on('will-quit', () => lanstream.stop());

await app.whenReady();
serveFiles();
allowLoopback();
// The URL has the secret of the run, so it goes to this application's own page alone.
ipcMain.handle('lanstream:url', event => {
  if (event.senderFrame === null || !isOurs(event.senderFrame.url)) throw new Error('this page has no stream');
  return lanstream.url;
});
await openWindow();
app.on('window-all-closed', () => app.quit());

function serveFiles() {
  protocol.handle(SCHEME, async ({ url }) => {
    const file = fileOf(new URL(url).pathname);
    if (file === null) return new Response(null, { status: 404 });
    const response = await net.fetch(pathToFileURL(file).href);
    const headers = new Headers(response.headers);
    headers.set('Content-Security-Policy', POLICY);
    return new Response(response.body, { status: response.status, headers });
  });
}

/** Answers what Chromium asks before a page reaches a server of this machine; everything else is refused. */
function allowLoopback() {
  const { defaultSession } = session;
  defaultSession.setPermissionRequestHandler((contents, permission, answer) => {
    answer(PERMISSIONS.includes(permission) && isOurs(contents.getURL()));
  });
  defaultSession.setPermissionCheckHandler(
    (_contents, permission, origin) => PERMISSIONS.includes(permission) && isOurs(`${origin}/`),
  );
}

async function openWindow() {
  const window = new BrowserWindow({
    width: 1280,
    height: 800,
    webPreferences: {
      contextIsolation: true,
      nodeIntegration: false,
      sandbox: true,
      preload: fileURLToPath(new URL('preload.cjs', import.meta.url)),
    },
  });
  window.webContents.setWindowOpenHandler(() => ({ action: 'deny' }));
  window.webContents.on('will-navigate', (event, url) => {
    if (!isOurs(url)) event.preventDefault();
  });
  await window.loadURL(`${ORIGIN}/`);
}

/** @param {string} url */
function isOurs(url) {
  return url.startsWith(`${ORIGIN}/`);
}
