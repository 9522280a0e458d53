// What a viewer sends.

import { MessageTable, describe } from './describe.js';
import { flag, oneOf, record, u16, u32, u64, u64Number, u8 } from './fields.js';
import { KIND } from './numbers.js';

/** Playback commands, indexed by their number. */
export const COMMANDS = /** @type {const} */ (['pause', 'play', 'step', 'seek', 'track']);

/** @typedef {typeof COMMANDS[number]} PlaybackCommandName */

export const VIEWER_MESSAGES = new MessageTable([
  describe(KIND.HELLO, 'Hello', record({ version: u16, flags: u16 })),
  describe(KIND.ACK, 'Ack', record({ seq: u32, receiveUs: u32, paintUs: u32, decodeUs: u32, totalUs: u32 })),
  describe(KIND.PROOF, 'Proof', record({ seq: u32, hash: u64 })),
  describe(KIND.PING, 'Ping', record({ token: u32 })),
  describe(KIND.REFRESH, 'Refresh', record({})),
  describe(KIND.FLOW, 'Flow', record({ paused: flag(u8) })),
  // `transport`: its number (transport/table.js).
  describe(KIND.ROUTE, 'Route', record({ number: u32, transport: u8, flags: u8, epoch: u64, heldSeq: u32 })),
  describe(KIND.NACK, 'Nack', record({ number: u32, band: u32, offset: u32, bytes: u32 })),
  // `toUs`: where to seek, the number of a track, or 0.
  describe(KIND.PLAYBACK_COMMAND, 'PlaybackCommand', record({ command: oneOf(COMMANDS), toUs: u64Number })),
  describe(KIND.ASK_TICKET, 'AskTicket', record({})),
]);

/**
 * @typedef {import('./describe.js').MessageOf<typeof VIEWER_MESSAGES.descriptions[number]>} ViewerMessage
 * @typedef {Omit<Extract<ViewerMessage, { type: 'Nack' }>, 'type'>} Nack
 */

/** @param {ViewerMessage} message */
export function writeViewerMessage(message) {
  return VIEWER_MESSAGES.write(message);
}
