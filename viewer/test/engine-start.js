// An engine before a server and a browser of the tests' own, and the first steps of a session.

import { Engine } from '../src/session/engine.js';
import { COMMIT, FIRST, KIND, VERSION } from '../src/protocol/messages.js';
import { Surface } from '../src/present/surface.js';
import { band, message, raw, solid, u16, u64 } from './bytes.js';
import { FakeBrowser, FakePresenter, settle } from './fakes.js';

export const EPOCH = 42n;
export const WELCOME = message(KIND.WELCOME, 0, [...u16(VERSION), ...u16(0), ...u64(EPOCH), ...u64(0n)]);

/**
 * @param {Partial<import('../src/session/engine.js').EngineOptions>} [options]
 * @param {(url: string) => Response | Promise<Response>} [answer]
 * @param {import('../src/decode/codec.js').Codec | null} [codec]
 */
export function start(options = {}, answer = session, codec = null) {
  const browser = new FakeBrowser(answer);
  const presenter = new FakePresenter(browser.log);
  const surface = new Surface(presenter, () => browser.clockMs);
  const events = /** @type {import('../src/session/engine.js').EngineEvent[]} */ ([]);
  const engine = new Engine(
    {
      server: 'http://127.0.0.1:1',
      token: 'secret',
      transport: 'websocket',
      codes: false,
      verify: false,
      paused: false,
      ...options,
    },
    {
      surface,
      presenter: { name: '2d', reason: 'test' },
      thread: { thread: 'page', reason: 'test' },
      codec: Promise.resolve({ codec, reason: 'test' }),
      post: event => events.push(event),
    },
    browser.env,
  );
  void engine.run();
  return { browser, presenter, surface, events, engine };
}

export function session() {
  return Response.json({ session: 'key', transports: ['http', 'websocket'] });
}

/** Lets the newest control channel open and greet. @param {FakeBrowser} browser */
export async function greet(browser) {
  await settle();
  const socket = /** @type {import('./fakes.js').FakeSocket} */ (browser.sockets.at(-1));
  socket.open();
  await settle();
  await socket.receive(WELCOME);
  await socket.routed();
  return socket;
}

/**
 * What a session asks for: the transport's number, and the picture that it holds.
 * @param {import('./fakes.js').FakeSocket} socket
 */
export function routeOf(socket) {
  const route = socket.last(KIND.ROUTE);
  return { transport: route.getUint8(12), epoch: route.getBigUint64(14, true), heldSeq: route.getUint32(22, true) };
}

export const FULL = [
  band({ seq: 1, flags: FIRST, patches: [raw(0, 0, 4, 2, 7)] }),
  band({ seq: 1, flags: COMMIT, patches: [solid(0, 2, 4, 2, 9)] }),
];

/** One pixel at the corner. @param {number} seq @param {number} value */
export function next(seq, value) {
  return band({ seq, base: seq - 1, flags: FIRST | COMMIT, patches: [raw(0, 0, 1, 1, value)] });
}

/** @param {import('../src/session/engine.js').EngineEvent[]} events */
export function errorsOf(events) {
  return events.flatMap(event => (event.type === 'error' ? [`${event.code}: ${event.message}`] : []));
}
