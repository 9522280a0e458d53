// Opens the paths that the server asks for, one at a time, and acknowledges every message on the control channel.

import { OPENERS } from './receive.js';

/** @typedef {import('./receive.js').Order} Order */
/** @typedef {import('./receive.js').Path} Path */

addEventListener('message', ({ data }) => new Bench(data), { once: true });

/** The page's end of the control channel. */
class Bench {
  #hash;
  #control = new WebSocket(`ws://${location.host}/control`);
  #words = new Uint32Array(2);
  /** @type {Path | undefined} */
  #path;

  /** @param {string} hash */
  constructor(hash) {
    this.#hash = Uint8Array.from(hash.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
    this.#control.onmessage = ({ data }) => this.#act(JSON.parse(data));
  }

  /** @param {{ tell: 'open' | 'sent' | 'close' } & Order & { number: number }} told */
  #act(told) {
    if (told.tell === 'open') void this.#open(told);
    else if (told.tell === 'sent') this.#path?.sent?.(told.number);
    else void this.#close();
  }

  /** @param {Order} order */
  async #open(order) {
    /** @type {(number: number, lost: number) => void} */
    const acknowledge = (number, lost) => {
      this.#words[0] = number;
      this.#words[1] = lost;
      this.#control.send(this.#words);
    };
    /** @type {Path | undefined} */
    let path;
    /** @param {unknown} error */
    const broken = (error) => {
      if (path === undefined || path === this.#path) this.#say({ say: 'broken', reason: String(error) });
    };
    try {
      const open = OPENERS[order.path];
      const result = open({ ...order, hash: this.#hash, acknowledge, broken });
      if (typeof result === 'string') return this.#say({ say: 'absent', reason: result });
      path = result;
      this.#path = path;
      await path.run();
    } catch (error) {
      broken(error);
    }
  }

  async #close() {
    const path = this.#path;
    this.#path = undefined;
    await path?.close();
    this.#say({ say: 'closed' });
  }

  /** @param {object} words */
  #say(words) {
    this.#control.send(JSON.stringify(words));
  }
}
