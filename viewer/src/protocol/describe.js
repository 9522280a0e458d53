// Descriptions of messages: a kind, a name and a body that can be read and written.

import { ProtocolError } from './error.js';
import { Reader, Writer } from './fields.js';
import { kindOf } from './header.js';
import { HEADER_BYTES } from './numbers.js';

/**
 * @template {string} Type
 * @template Body
 * @typedef {{ kind: number, type: Type, body: import('./fields.js').Field<Body> }} Description
 */

/**
 * The message that a description reads and writes.
 * @template D
 * @typedef {D extends Description<infer Type, infer Body> ? { type: Type } & Body : never} MessageOf
 */

/**
 * @template {string} Type
 * @template Body
 * @param {number} kind
 * @param {Type} type
 * @param {import('./fields.js').Field<Body>} body
 * @returns {Description<Type, Body>}
 */
export function describe(kind, type, body) {
  return { kind, type, body };
}

/**
 * All messages of one direction.
 * @template {Description<string, any>} D
 */
export class MessageTable {
  #byKind;
  #byType;

  /** @param {readonly D[]} descriptions */
  constructor(descriptions) {
    this.descriptions = descriptions;
    this.#byKind = new Map(descriptions.map(each => [each.kind, each]));
    this.#byType = new Map(descriptions.map(each => [each.type, each]));
  }

  /**
   * Reads one whole message. A kind that is not in the table is returned as such.
   * @param {ArrayBuffer} buffer
   * @returns {MessageOf<D> | { type: 'Unknown', kind: number }}
   */
  read(buffer) {
    const kind = kindOf(buffer);
    const description = this.#byKind.get(kind);
    if (description === undefined) return { type: 'Unknown', kind };
    const from = new Reader(kind, new DataView(buffer), HEADER_BYTES);
    const body = description.body.read(from);
    from.end();
    return /** @type {MessageOf<D>} */ ({ type: description.type, ...body });
  }

  /** @param {MessageOf<D>} message @returns {ArrayBuffer} */
  write(message) {
    const { type } = /** @type {{ type: string }} */ (message);
    const description = this.#byType.get(type);
    if (description === undefined) throw new ProtocolError(`there is no message ${type}`);
    const to = new Writer();
    description.body.write(to, message);
    return to.finish(description.kind);
  }
}
