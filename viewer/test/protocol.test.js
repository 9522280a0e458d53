import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  COMMIT,
  FIRST,
  KIND,
  ProtocolError,
  VERSION,
  readServerMessage,
  writeViewerMessage,
} from '../src/protocol/messages.js';
import { message, toHex, u16, u32, u64 } from './bytes.js';

/** @param {number} kind @param {ArrayLike<number>} body */
function read(kind, body) {
  return readServerMessage(message(kind, 0, body).buffer);
}

const text = (/** @type {string} */ words) => [...new TextEncoder().encode(words)];

test('reads what a server sends', () => {
  assert.deepEqual(read(KIND.WELCOME, [...u16(1), ...u16(0), ...u64(0xfedcba9876543210n), ...u64(77n)]), {
    type: 'Welcome',
    version: 1,
    epoch: 0xfedcba9876543210n,
    clockUs: 77,
  });
  assert.deepEqual(read(KIND.SOURCE, [1, ...text('weg ✗')]), { type: 'Source', state: 'lost', text: 'weg ✗' });
  assert.deepEqual(read(KIND.CURSOR_AT, [...u32(-5), ...u32(6), ...u32(7), ...u32(8)]), {
    type: 'CursorAt',
    x: -5,
    y: 6,
    serial: 7,
    moves: 8,
  });
  assert.deepEqual(read(KIND.PONG, [...u32(3), ...u64(4n)]), { type: 'Pong', token: 3, clockUs: 4 });
  assert.deepEqual(read(KIND.STATS, text('{"fps":60}')), { type: 'Stats', stats: { fps: 60 } });
  assert.deepEqual(read(KIND.PROVEN, [...u32(9), ...u32(1), ...u64(8n)]), {
    type: 'Proven',
    seq: 9,
    exact: true,
    count: 8,
  });
  assert.deepEqual(read(KIND.NOTICE, [1, ...text('here')]), { type: 'Notice', code: 1, text: 'here' });
  assert.deepEqual(read(KIND.GOODBYE, [2, ...text('bye')]), { type: 'Goodbye', code: 'expelled', text: 'bye' });
  assert.deepEqual(read(KIND.TICKET, text('00ff')), { type: 'Ticket', ticket: '00ff' });
  assert.deepEqual(read(KIND.ROUTED, u32(5)), { type: 'Routed', number: 5 });
  assert.deepEqual(read(KIND.UNROUTED, u32(6)), { type: 'Unrouted', number: 6 });
  assert.deepEqual(read(KIND.CERTIFICATES, [...u16(443), ...new Array(32).fill(1), ...new Array(32).fill(2)]), {
    type: 'Certificates',
    port: 443,
    hashes: [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)],
  });
  assert.deepEqual(read(0x7f, [1]), { type: 'Unknown', kind: 0x7f });
});

test('reads a cursor', () => {
  const pixels = [1, 2, 3, 4, 5, 6, 7, 8];
  assert.deepEqual(read(KIND.CURSOR_SHAPE, [...u32(5), ...u16(2), ...u16(1), ...u16(1), ...u16(0), ...pixels]), {
    type: 'CursorShape',
    shape: { serial: 5, width: 2, height: 1, hotX: 1, hotY: 0, rgba: Uint8ClampedArray.from(pixels) },
  });
});

test('refuses what is malformed', () => {
  const refused = [
    () => readServerMessage(new ArrayBuffer(7)),
    () => readServerMessage(Uint8Array.of(9, 0, 0, 0, KIND.PONG, 0, 0, 0).buffer),
    () => read(KIND.WELCOME, [1, 0]),
    () => read(KIND.CERTIFICATES, [...u16(1), 1, 2, 3]),
    () => read(KIND.PONG, new Array(13).fill(0)),
    () => read(KIND.SOURCE, [3]),
    () => read(KIND.GOODBYE, [3]),
    () => read(KIND.SOURCE, [0, 0xff]),
    () => read(KIND.STATS, text('[1]')),
    () => read(KIND.STATS, text('nonsense')),
    () => read(KIND.PROVEN, [...u32(1), ...u32(2), ...u64(0n)]),
    () => read(KIND.CURSOR_SHAPE, [...u32(5), ...u16(2), ...u16(2), ...u16(0), ...u16(0), 1, 2, 3, 4]),
    () => read(KIND.CURSOR_SHAPE, [...u32(5), ...u16(65535), ...u16(65535), ...u16(0), ...u16(0)]),
  ];
  for (const call of refused) assert.throws(call, ProtocolError);
});

/** @param {import('../src/protocol/messages.js').ViewerMessage} message */
const written = message => toHex(writeViewerMessage(message));

test('writes what a viewer sends', () => {
  assert.equal(written({ type: 'Hello', version: VERSION, flags: 3 }), '0400000081000000' + '04000300');
  assert.equal(
    written({ type: 'Route', number: 7, transport: 3, flags: 1, epoch: 0x0102030405060708n, heldSeq: 9 }),
    '1200000087000000' + '07000000' + '0301' + '0807060504030201' + '09000000',
  );
  assert.equal(
    written({ type: 'Ack', seq: 1, receiveUs: 2, paintUs: 3, decodeUs: 4, totalUs: 5 }),
    '1400000082000000' + '0100000002000000030000000400000005000000',
  );
  assert.equal(
    written({ type: 'Proof', seq: 1, hash: 0xff00000000000002n }),
    '0c00000083000000' + '01000000' + '02000000000000ff',
  );
  assert.equal(written({ type: 'Ping', token: 0xffffffff }), '0400000084000000' + 'ffffffff');
  assert.equal(written({ type: 'Refresh' }), '0000000085000000');
  assert.equal(written({ type: 'AskTicket' }), '000000008a000000');
  assert.equal(written({ type: 'Flow', paused: true }), '010000008600000001');
  assert.equal(FIRST | COMMIT, 3);
});
