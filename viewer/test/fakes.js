// Stand-ins for a browser and a server: nothing here waits, and every order of events is the test's.

import { KIND } from '../src/protocol.js';
import { message, u32 } from './bytes.js';

/** Paints into memory and notes what was done, in order. */
export class FakePresenter {
  width = 0;
  height = 0;
  pixels = new Uint8ClampedArray(0);
  /** @param {string[]} log */
  constructor(log = []) { this.log = log; }
  /** @param {number} width @param {number} height */
  resize(width, height) {
    this.log.push(`resize ${width}x${height}`);
    Object.assign(this, { width, height, pixels: new Uint8ClampedArray(width * height * 4) });
  }
  /** @param {Uint8ClampedArray} bytes @param {number} x @param {number} y @param {number} width @param {number} height */
  raw(bytes, x, y, width, height) {
    this.log.push(`raw ${x},${y} ${width}x${height}`);
    for (let row = 0; row < height; row += 1) {
      this.pixels.set(bytes.subarray(row * width * 4, (row + 1) * width * 4), ((y + row) * this.width + x) * 4);
    }
  }
  /** @param {Uint8Array} cell @param {number} x @param {number} y @param {number} width @param {number} height */
  solid(cell, x, y, width, height) {
    this.log.push(`solid ${x},${y} ${width}x${height}`);
    for (let row = y; row < y + height; row += 1) {
      for (let column = x; column < x + width; column += 1) this.pixels.set(cell, (row * this.width + column) * 4);
    }
  }
  /** @param {readonly import('../src/present/choose.js').Move[]} moves */
  move(moves) {
    const before = this.pixels.slice();
    for (const { x, y, width, height, fromX, fromY } of moves) {
      this.log.push(`move ${fromX},${fromY} to ${x},${y} ${width}x${height}`);
      for (let row = 0; row < height; row += 1) {
        const from = ((fromY + row) * this.width + fromX) * 4;
        this.pixels.set(before.subarray(from, from + width * 4), ((y + row) * this.width + x) * 4);
      }
    }
  }
  commit() { this.log.push('commit'); }
  read() { return this.pixels.slice(); }
  close() {}
}

/** The server's end of a control channel. */
export class FakeSocket {
  readyState = 0;
  binaryType = '';
  onopen = /** @type {(() => void) | null} */ (null);
  onclose = /** @type {(() => void) | null} */ (null);
  onmessage = /** @type {((event: { data: unknown }) => void) | null} */ (null);
  sent = /** @type {ArrayBuffer[]} */ ([]);
  closed = false;
  /** @param {string} url @param {string[]} protocols @param {string[]} log */
  constructor(url, protocols, log) { Object.assign(this, { url, protocols }); this.log = log; }
  /** @param {ArrayBuffer} bytes */
  send(bytes) {
    this.sent.push(bytes);
    const kind = new DataView(bytes).getUint8(4);
    const name = Object.entries(KIND).find(([, value]) => value === kind)?.[0];
    if (kind !== KIND.PING) this.log.push(`send ${name}`);
  }
  close() { this.closed = true; }
  open() { this.readyState = 1; this.onopen?.(); }
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
  drop() { this.readyState = 3; this.onclose?.(); }
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
  /** @param {(url: string) => Response | Promise<Response>} answer */
  constructor(answer) { this.answer = answer; }

  /** @returns {import('../src/session.js').Surroundings} */
  get around() {
    const browser = this;
    return {
      fetch: /** @type {typeof fetch} */ (async (url, init) => {
        browser.requests.push({ url: String(url), init });
        return browser.answer(String(url));
      }),
      WebSocket: /** @type {typeof WebSocket} */ (/** @type {unknown} */ (function (/** @type {string} */ url, /** @type {string[]} */ protocols) {
        const socket = new FakeSocket(url, protocols, browser.log);
        browser.sockets.push(socket);
        return socket;
      })),
      WebTransport: undefined,
      userAgent: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36',
      now: () => browser.clockMs,
      random: () => 1,
      setTimeout: (call, ms) => { const timer = { call, ms }; browser.timers.push(timer); return timer; },
      clearTimeout: timer => { browser.timers = browser.timers.filter(each => each !== timer); },
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
