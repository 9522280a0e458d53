// Fields of messages: each type of field can be read and written, and a record of fields is such a type again. So one
// table describes a message in both directions.

import { ProtocolError, hex } from './error.js';
import { HEADER_BYTES } from './numbers.js';

/**
 * @template T
 * @typedef {{ read(from: Reader): T, write(to: Writer, value: T): void }} Field
 */

/**
 * A field of a fixed number of bytes.
 * @template T
 * @typedef {Field<T> & { bytes: number }} FixedField
 */

/**
 * The object that a record reads and writes; padding is none of its properties.
 * @template {Record<string, Field<any>>} Fields
 * @typedef {{ [Name in keyof Fields as Fields[Name] extends Field<infer T> ? ([T] extends [void] ? never : Name) :
 *   never]: Fields[Name] extends Field<infer T> ? T : never }} RecordOf
 */

/** Reads the fields of one body, front to back; past the end it throws. */
export class Reader {
  /** Name of the field that is read, for errors. */
  field = '';
  view;
  #kind;
  #at;

  /**
   * @param {number} kind of the message
   * @param {DataView} view
   * @param {number} at where the body begins
   */
  constructor(kind, view, at) {
    this.#kind = kind;
    this.view = view;
    this.#at = at;
  }

  get left() {
    return this.view.byteLength - this.#at;
  }

  /** @param {number} bytes @returns {number} where they are in the view */
  take(bytes) {
    if (bytes > this.left) throw this.error('is cut off');
    const at = this.#at;
    this.#at += bytes;
    return at;
  }

  /** Takes bytes as a copy-free view. @param {number} bytes */
  takeBytes(bytes) {
    const at = this.take(bytes);
    const { buffer, byteOffset } = this.view;
    return new Uint8ClampedArray(/** @type {ArrayBuffer} */ (buffer), byteOffset + at, bytes);
  }

  end() {
    if (this.left > 0) throw new ProtocolError(`message ${hex(this.#kind)} has ${this.left} bytes too many`);
  }

  /** @param {string} reason what is wrong with the present field */
  error(reason) {
    return new ProtocolError(`message ${hex(this.#kind)}: ${this.field} ${reason}`);
  }
}

/** Bytes of a writer at first: most messages are shorter. */
const WRITER_BYTES = 64;

/** Writes the fields of one message, with room for its header. */
export class Writer {
  view = new DataView(new ArrayBuffer(WRITER_BYTES));
  #length = HEADER_BYTES;

  /** Makes room. @param {number} bytes @returns {number} where they are in the view */
  take(bytes) {
    const at = this.#length;
    this.#length += bytes;
    if (this.#length > this.view.byteLength) {
      const grown = new Uint8Array(this.#length * 2);
      grown.set(new Uint8Array(this.view.buffer));
      this.view = new DataView(grown.buffer);
    }
    return at;
  }

  /** @param {ArrayLike<number>} bytes */
  put(bytes) {
    const at = this.take(bytes.length);
    new Uint8Array(this.view.buffer).set(bytes, at);
  }

  /** The message. @param {number} kind @param {number} [flags] */
  finish(kind, flags = 0) {
    this.view.setUint32(0, this.#length - HEADER_BYTES, true);
    this.view.setUint8(4, kind);
    this.view.setUint8(5, flags);
    return this.view.buffer.slice(0, this.#length);
  }
}

/**
 * @template T
 * @param {number} bytes
 * @param {(view: DataView, at: number) => T} get
 * @param {(view: DataView, at: number, value: T) => void} set
 * @returns {FixedField<T>}
 */
function fixed(bytes, get, set) {
  return {
    bytes,
    read: from => get(from.view, from.take(bytes)),
    write: (to, value) => {
      const at = to.take(bytes);
      set(to.view, at, value);
    },
  };
}

const LITTLE = true;
export const u8 = fixed(
  1,
  (view, at) => view.getUint8(at),
  (view, at, /** @type {number} */ value) => view.setUint8(at, value),
);
export const u16 = fixed(
  2,
  (view, at) => view.getUint16(at, LITTLE),
  (view, at, /** @type {number} */ value) => view.setUint16(at, value, LITTLE),
);
export const u32 = fixed(
  4,
  (view, at) => view.getUint32(at, LITTLE),
  (view, at, /** @type {number} */ value) => view.setUint32(at, value, LITTLE),
);
export const i32 = fixed(
  4,
  (view, at) => view.getInt32(at, LITTLE),
  (view, at, /** @type {number} */ value) => view.setInt32(at, value, LITTLE),
);
export const u64 = fixed(
  8,
  (view, at) => view.getBigUint64(at, LITTLE),
  (view, at, /** @type {bigint} */ value) => view.setBigUint64(at, value, LITTLE),
);
export const i64 = fixed(
  8,
  (view, at) => view.getBigInt64(at, LITTLE),
  (view, at, /** @type {bigint} */ value) => view.setBigInt64(at, value, LITTLE),
);
/** For clocks and counts, which stay below 2^53 for centuries. */
export const u64Number = fixed(8, (view, at) => Number(u64Of(view, at)), setU64);
/** For timestamps, which may lie before zero. */
export const i64Number = fixed(
  8,
  (view, at) => Number(view.getBigInt64(at, LITTLE)),
  (view, at, /** @type {number} */ value) => view.setBigInt64(at, BigInt(value), LITTLE),
);

/** @param {DataView} view @param {number} at */
function u64Of(view, at) {
  return view.getBigUint64(at, LITTLE);
}

/** @param {DataView} view @param {number} at @param {number} value */
function setU64(view, at, value) {
  view.setBigUint64(at, BigInt(value), LITTLE);
}

/** Bytes without a meaning. @param {number} bytes @returns {FixedField<void>} */
export function padding(bytes) {
  return { bytes, read: from => void from.take(bytes), write: to => void to.take(bytes) };
}

/**
 * A field in other terms. `to` may refuse a value by an error of the reader's.
 * @template T, U
 * @param {Field<T>} field
 * @param {(value: T, from: Reader) => U} to
 * @param {(value: U) => T} back
 * @returns {Field<U>}
 */
export function mapped(field, to, back) {
  return {
    read: from => to(field.read(from), from),
    write: (writer, value) => field.write(writer, back(value)),
  };
}

/**
 * A 64-bit number, or `null` in place of one value.
 * @param {Field<bigint>} field
 * @param {bigint} none
 */
export function nullable(field, none) {
  return mapped(
    field,
    value => (value === none ? null : Number(value)),
    (/** @type {number | null} */ value) => (value === null ? none : BigInt(value)),
  );
}

/** A flag that is 0 or 1. @param {Field<number>} field @returns {Field<boolean>} */
export function flag(field) {
  return mapped(
    field,
    (value, from) => {
      if (value > 1) throw from.error(`is ${value}, not 0 or 1`);
      return value === 1;
    },
    value => (value ? 1 : 0),
  );
}

/**
 * A word for each number, from 0 on.
 * @template {string} Word
 * @param {readonly Word[]} words
 * @returns {Field<Word>}
 */
export function oneOf(words) {
  return mapped(
    u8,
    (number, from) => {
      const word = words[number];
      if (word === undefined) throw from.error(`is ${number}, which means nothing`);
      return word;
    },
    word => words.indexOf(word),
  );
}

/** All bytes that are left. @type {Field<Uint8ClampedArray<ArrayBuffer>>} */
export const rest = { read: from => from.takeBytes(from.left), write: (to, bytes) => to.put(bytes) };

/** All that is left, as text. */
export const text = mapped(rest, decoded, encoded);

/** A text with its length before it. @type {Field<string>} */
export const sizedText = {
  read: from => decoded(from.takeBytes(u16.read(from)), from),
  write: (to, value) => {
    const bytes = encoded(value);
    u16.write(to, bytes.length);
    to.put(bytes);
  },
};

/** @param {Uint8ClampedArray<ArrayBuffer>} bytes @param {Reader} from */
function decoded(bytes, from) {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw from.error('is not UTF-8');
  }
}

/** @param {string} value */
function encoded(value) {
  return new Uint8ClampedArray(new TextEncoder().encode(value));
}

/**
 * As many of a field as there are until the end.
 * @template T
 * @param {Field<T>} field
 * @returns {Field<T[]>}
 */
export function list(field) {
  return {
    read: from => {
      const values = [];
      while (from.left > 0) values.push(field.read(from));
      return values;
    },
    write: (to, values) => values.forEach(value => field.write(to, value)),
  };
}

/**
 * Fields one after another, as the properties of an object.
 * @template {Record<string, Field<any>>} Fields
 * @param {Fields} fields
 * @param {(value: RecordOf<Fields>, from: Reader) => void} [check] throws an error of the reader's where fields do not
 *   fit each other
 * @returns {Field<RecordOf<Fields>>}
 */
export function record(fields, check) {
  const entries = Object.entries(fields);
  return {
    read: from => {
      const value = /** @type {any} */ ({});
      for (const [name, field] of entries) {
        from.field = name;
        const read = field.read(from);
        if (read !== undefined) value[name] = read;
      }
      check?.(value, from);
      return value;
    },
    write: (to, value) => {
      for (const [name, field] of entries) field.write(to, /** @type {any} */ (value)[name]);
    },
  };
}

/**
 * Where each field of a record of fixed fields begins, and how long the record is.
 * @template {Record<string, FixedField<any>>} Fields
 * @param {Fields} fields
 * @returns {{ at: Readonly<Record<keyof Fields, number>>, bytes: number }}
 */
export function layoutOf(fields) {
  const at = /** @type {Record<keyof Fields, number>} */ ({});
  let bytes = 0;
  for (const name of /** @type {(keyof Fields)[]} */ (Object.keys(fields))) {
    at[name] = bytes;
    bytes += /** @type {FixedField<any>} */ (fields[name]).bytes;
  }
  return { at: Object.freeze(at), bytes };
}
