// The header before every message's body: its length, kind and flags.

import { ProtocolError, hex } from './error.js';
import { u16, u32, u8, layoutOf } from './fields.js';
import { BAND_BODY_BYTES_MAX, CONTROL_BODY_BYTES_MAX, HEADER_BYTES, KIND } from './numbers.js';

const { at: AT } = layoutOf({ bodyBytes: u32, kind: u8, flags: u8, reserved: u16 });

/**
 * A message's whole length in bytes, from its header.
 * @param {DataView} view
 * @param {number} at where its header starts; `HEADER_BYTES` must be there
 */
export function messageBytes(view, at) {
  const body = view.getUint32(at + AT.bodyBytes, true);
  const kind = view.getUint8(at + AT.kind);
  const max = kind === KIND.BAND ? BAND_BODY_BYTES_MAX : CONTROL_BODY_BYTES_MAX;
  if (body > max) throw new ProtocolError(`message ${hex(kind)} of ${body} bytes is longer than the limit`);
  return HEADER_BYTES + body;
}

/** The kind of the message at the front of a buffer. @param {ArrayBuffer} buffer */
export function kindAt(buffer) {
  return new DataView(buffer).getUint8(AT.kind);
}

/** Its flags. @param {ArrayBuffer} buffer */
export function flagsAt(buffer) {
  return new DataView(buffer).getUint8(AT.flags);
}

/**
 * The kind of the one message in a WebSocket message, after a check that its length is right.
 * @param {ArrayBuffer} buffer
 */
export function kindOf(buffer) {
  if (buffer.byteLength < HEADER_BYTES) throw new ProtocolError('message without a header');
  const kind = kindAt(buffer);
  const bytes = messageBytes(new DataView(buffer), 0);
  if (bytes !== buffer.byteLength)
    throw new ProtocolError(`message ${hex(kind)} of ${bytes} bytes came in ${buffer.byteLength}`);
  return kind;
}
