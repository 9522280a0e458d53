// Opens the paths that the server asks for, one at a time, and acknowledges every message on the control channel.

import { OPENERS } from './receive.js';

/** @typedef {import('./receive.js').Order} Order */
/** @typedef {import('./receive.js').Path} Path */

addEventListener('message', ({ data }) => new Bench(data), { once: true });

/** The page's end of the control channel. */
class Bench {
  #hash;
  #control = new WebSocket(`ws://${location.host}/control`);
  #words = new Uint32Array(3);
  /** @type {Path | undefined} */
  #path;
  #cell = 0;

  /** @param {string} hash */
  constructor(hash) {
    this.#hash = Uint8Array.from(hash.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
    this.#control.onmessage = ({ data }) => this.#act(JSON.parse(data));
  }

  /** @param {{ tell: 'open' | 'sent' | 'close' } & Order & { number: number, pieces: number }} told */
  #act(told) {
    if (told.tell === 'open') void this.#open(told);
    else if (told.tell === 'sent') this.#path?.sent?.(told.number, told.pieces);
    else void this.#close();
  }

  /** @param {Order} order */
  async #open(order) {
    /** @type {(number: number, lost: number) => void} */
    const acknowledge = (number, lost) => {
      this.#words.set([order.cell, number, lost]);
      this.#control.send(this.#words);
    };
    /** @param {unknown} error */
    const broken = (error) => this.#say({ say: 'broken', cell: order.cell, reason: String(error) });
    this.#cell = order.cell;
    try {
      const open = OPENERS[order.path];
      if (open === undefined) throw new Error(`the page knows no ${order.path}`);
      const path = open({ ...order, hash: this.#hash, acknowledge, broken });
      if (typeof path === 'string') return this.#say({ say: 'absent', cell: order.cell, reason: path });
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
    this.#say({ say: 'closed', cell: this.#cell });
  }

  /** @param {{ say: string, cell: number, reason?: string }} words */
  #say(words) {
    this.#control.send(JSON.stringify(words));
  }
}
