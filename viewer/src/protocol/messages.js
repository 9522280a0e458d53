// The messages of docs/protocol.md, read and written, under one roof. Not what they mean for a session
// (session/session.js).

/**
 * @typedef {import('./server-messages.js').ServerMessage} ServerMessage
 * @typedef {import('./server-messages.js').KnownServerMessage} KnownServerMessage
 * @typedef {import('./server-messages.js').SourceState} SourceState
 * @typedef {import('./server-messages.js').GoodbyeCode} GoodbyeCode
 * @typedef {import('./server-messages.js').Playback} Playback
 * @typedef {import('./server-messages.js').Certificates} Certificates
 * @typedef {import('./server-messages.js').Fragment} Fragment
 * @typedef {import('./server-messages.js').CursorShape} CursorShape
 * @typedef {import('./viewer-messages.js').ViewerMessage} ViewerMessage
 * @typedef {import('./viewer-messages.js').PlaybackCommandName} PlaybackCommandName
 * @typedef {import('./viewer-messages.js').Nack} Nack
 */

export * from './numbers.js';
export { ProtocolError } from './error.js';
export { flagsAt, kindAt, kindOf, messageBytes } from './header.js';
export { BAND_BYTES, PATCH_AT, PATCH_BYTES, endsUpdate, isAborted, readBandHead, writeBand } from './band.js';
export { SERVER_MESSAGES, readServerMessage } from './server-messages.js';
export { COMMANDS, VIEWER_MESSAGES, writeViewerMessage } from './viewer-messages.js';
