// Stand-ins for a browser and a server: nothing here waits, and every order of events is the test's.

import { PlainArena } from '../src/decode/arena.js';
import { writePatches } from '../src/decode/patches.js';
import { PictureMemory } from '../src/decode/picture-memory.js';
import { KIND } from '../src/protocol/messages.js';
import { Update } from '../src/decode/update.js';
import { message, u32 } from './bytes.js';

/**
 * Writes all bands of an update, with nothing to decode them, and returns the picture.
 * @param {Uint8Array<ArrayBuffer>[]} bands
 */
export function pictureOf(...bands) {
  const memory = new PictureMemory(new PlainArena());
  const update = new Update();
  for (const bytes of bands) {
    update.add(bytes.buffer, bytes.byteLength);
    if (update.isOpening) memory.begin(update.cells);
    writePatches(update.patches, bytes.buffer, null, memory);
  }
  memory.commit();
  return memory.shown;
}

/** Paints into memory and notes what was done, in order. */
export class FakePresenter {
  width = 0;
  height = 0;
  pixels = new Uint8ClampedArray(0);
  /** @param {string[]} log */
  constructor(log = []) {
    this.log = log;
  }
  /** @param {number} width @param {number} height */
  resize(width, height) {
    this.log.push(`resize ${width}x${height}`);
    Object.assign(this, { width, height, pixels: new Uint8ClampedArray(width * height * 4) });
  }
  /** @type {import('../src/present/presenter.js').Presenter['paint']} */
  paint({ bytes, x, y, width }, rects) {
    for (const rect of rects) {
      this.log.push(`paint ${rect.x},${rect.y} ${rect.width}x${rect.height}`);
      for (let row = rect.y; row < rect.y + rect.height; row += 1) {
        const from = ((row - y) * width + rect.x - x) * 4;
        this.pixels.set(bytes.subarray(from, from + rect.width * 4), (row * this.width + rect.x) * 4);
      }
    }
  }
  commit() {
    this.log.push('commit');
  }
  read() {
    return this.pixels.slice();
  }
  close() {}
}

/** The server's end of a control channel. */
export class FakeSocket {
  readyState = 0;
  binaryType = '';
  onopen = /** @type {(() => void) | null} */ (null);
  onclose = /** @type {(() => void) | null} */ (null);
  onerror = /** @type {(() => void) | null} */ (null);
  onmessage = /** @type {((event: { data: unknown }) => void) | null} */ (null);
  sent = /** @type {ArrayBuffer[]} */ ([]);
  closed = false;
  /** @param {string} url @param {string[]} protocols @param {string[]} log */
  constructor(url, protocols, log) {
    Object.assign(this, { url, protocols });
    this.log = log;
  }
  /** @param {ArrayBuffer} bytes */
  send(bytes) {
    this.sent.push(bytes);
    const kind = new DataView(bytes).getUint8(4);
    const name = Object.entries(KIND).find(([, value]) => value === kind)?.[0];
    if (kind !== KIND.PING) this.log.push(`send ${name}`);
  }
  close() {
    this.closed = true;
  }
  open() {
    this.readyState = 1;
    this.onopen?.();
  }
  /** @param {Uint8Array[]} messages */
  async receive(...messages) {
    for (const bytes of messages) this.onmessage?.({ data: Uint8Array.from(bytes).buffer });
    await settle();
  }
  /** The newest route begins here, if it is one by WebSocket. */
  async routed() {
    const route = this.last(KIND.ROUTE);
    if (route.getUint8(12) === 2) await this.receive(message(KIND.ROUTED, 0, u32(route.getUint32(8, true))));
  }
  drop() {
    this.readyState = 3;
    this.onclose?.();
  }
  /** @param {number} kind */
  last(kind) {
    const found = this.sent.findLast(bytes => new DataView(bytes).getUint8(4) === kind);
    if (found === undefined) throw new Error(`no message of kind ${kind} was sent`);
    return new DataView(found);
  }
}

/** A browser whose clock, timers, requests and sockets belong to the test. */
export class FakeBrowser {
  log = /** @type {string[]} */ ([]);
  sockets = /** @type {FakeSocket[]} */ ([]);
  requests = /** @type {{ url: string, init: any }[]} */ ([]);
  timers = /** @type {{ call: () => void, ms: number }[]} */ ([]);
  clockMs = 1000;
  /** Of the page, and what the browser says to those who ask it. */
  page = {
    origin: 'http://127.0.0.1:1',
    isSecure: true,
    permissions: /** @type {Record<string, PermissionState>} */ ({}),
    /** Origins that the page's policy does not let it ask. */
    blocked: /** @type {string[]} */ ([]),
  };
  /** @param {(url: string) => Response | Promise<Response>} answer */
  constructor(answer) {
    this.answer = answer;
  }

  /** @returns {import('../src/session/session.js').Env} */
  get env() {
    const browser = this;
    return {
      fetch: /** @type {typeof fetch} */ (
        async (url, init) => {
          browser.requests.push({ url: String(url), init });
          return browser.answer(String(url));
        }
      ),
      WebSocket: /** @type {typeof WebSocket} */ (
        /** @type {unknown} */ (
          function (/** @type {string} */ url, /** @type {string[]} */ protocols) {
            const socket = new FakeSocket(url, protocols, browser.log);
            browser.sockets.push(socket);
            return socket;
          }
        )
      ),
      WebTransport: undefined,
      userAgent:
        'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36',
      pageOrigin: browser.page.origin,
      isSecure: browser.page.isSecure,
      permission: async name => {
        const state = browser.page.permissions[name];
        if (state === undefined) throw new TypeError(`${name} is not a permission`);
        return state;
      },
      violation: origin =>
        browser.page.blocked.includes(origin) ? { directive: 'connect-src', blockedUri: origin } : null,
      now: () => browser.clockMs,
      random: () => 1,
      setTimeout: (call, ms) => {
        const timer = { call, ms };
        browser.timers.push(timer);
        return timer;
      },
      clearTimeout: timer => {
        browser.timers = browser.timers.filter(each => each !== timer);
      },
    };
  }

  /** Lets the one timer of that length ring. @param {number} ms */
  ring(ms) {
    const timer = this.timers.find(each => each.ms === ms);
    if (timer === undefined) throw new Error(`no timer of ${ms} ms among ${this.timers.map(each => each.ms)}`);
    this.timers = this.timers.filter(each => each !== timer);
    timer.call();
  }
}

/** Lets everything that is ready to run, run. */
export async function settle() {
  for (let i = 0; i < 5; i += 1) await new Promise(resolve => setImmediate(resolve));
}
