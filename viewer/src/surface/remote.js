// A surface in another thread, behind a pair of message pipes: the worker's end asks, the page's end paints. Bytes go over
// and memory comes back without being copied, as what they lie in is transferred: for each band that the page gets it
// gives a spare segment back.

import { Segments } from './segments.js';

/**
 * @typedef {import('./choose.js').Painting} Painting
 * @typedef {import('./choose.js').Surface} Surface
 * @typedef {{ type: 'hold', buffer: ArrayBuffer } | { type: 'drop' } | { type: 'paint', update: Painting } | { type: 'read' }} Task
 * @typedef {{ type: 'painted', paintMs: number } | { type: 'pixels', rgba: Uint8ClampedArray<ArrayBuffer> }
 *   | { type: 'failed', message: string } | { type: 'spare', buffer: ArrayBuffer } | { type: 'lost' }} Report
 *   the first three each for a `paint` or a `read`, in their order; `lost`: the picture is gone
 */

/** @implements {Surface} */
export class RemoteSurface {
  blocks = false;
  #post;
  #lost;
  #segments = new Segments();
  /** Those who wait for a report, in the order of their tasks. */
  #waiting = /** @type {{ resolve: (report: any) => void, reject: (error: Error) => void }[]} */ ([]);

  /**
   * @param {(task: Task, transfer: Transferable[]) => void} post
   * @param {() => void} lost called when the picture is gone
   */
  constructor(post, lost) {
    this.#post = post;
    this.#lost = lost;
  }

  /** @param {number} bytes */
  buffer(bytes) {
    return this.#segments.take(bytes);
  }

  /** @param {ArrayBuffer} buffer */
  hold(buffer) {
    this.#post({ type: 'hold', buffer }, [buffer]);
  }

  drop() {
    this.#post({ type: 'drop' }, []);
  }

  /** @type {Surface['paint']} */
  async paint({ base, width, height, patches }) {
    const update = { base, width, height, patches };
    const { paintMs } = await this.#ask({ type: 'paint', update }, [patches.buffer]);
    return { paintMs };
  }

  async read() {
    return (await this.#ask({ type: 'read' }, [])).rgba;
  }

  /** @param {Report} report */
  receive(report) {
    if (report.type === 'lost') return this.#lost();
    if (report.type === 'spare') return this.#segments.give([report.buffer]);
    const asker = this.#waiting.shift();
    if (report.type === 'failed') asker?.reject(new Error(report.message));
    else asker?.resolve(report);
  }

  /** The canvas is the page's, which closes it. */
  close() {}

  /**
   * @param {Task} task
   * @param {Transferable[]} transfer
   * @returns {Promise<any>} the report on it
   */
  #ask(task, transfer) {
    this.#post(task, transfer);
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }
}

/**
 * The page's end.
 * @param {import('./local.js').LocalSurface} surface
 * @param {(report: Report, transfer: Transferable[]) => void} post
 * @returns {(task: Task) => Promise<void>}
 */
export function serveSurface(surface, post) {
  return async task => {
    try {
      switch (task.type) {
        case 'hold': return exchange(surface, task.buffer, post);
        case 'drop': return surface.drop();
        case 'paint': return post({ type: 'painted', ...await surface.paint(task.update) }, []);
        case 'read': return postPixels(await surface.read(), post);
      }
    } catch (error) {
      post({ type: 'failed', message: /** @type {Error} */ (error).message }, []);
    }
  };
}

/**
 * @param {import('./local.js').LocalSurface} surface
 * @param {ArrayBuffer} buffer
 * @param {(report: Report, transfer: Transferable[]) => void} post
 */
function exchange(surface, buffer, post) {
  surface.hold(buffer);
  const spare = surface.spare();
  if (spare !== null) post({ type: 'spare', buffer: spare }, [spare]);
}

/**
 * @param {Uint8ClampedArray<ArrayBuffer>} rgba
 * @param {(report: Report, transfer: Transferable[]) => void} post
 */
function postPixels(rgba, post) {
  post({ type: 'pixels', rgba }, [rgba.buffer]);
}
