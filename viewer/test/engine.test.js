import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readFileSync } from 'node:fs';
import { Codec } from '../src/decode/codec.js';
import { pictureHash } from '../src/protocol/hash.js';
import { COMMIT, ENCODING_NAMES, FIRST, HELLO_CODES, HELLO_VERIFY, KIND, ABORTED } from '../src/protocol/messages.js';
import { deferred } from '../src/transport/timers.js';
import { band, message, raw, u16, u32, u64 } from './bytes.js';
import { settle } from './fakes.js';
import { EPOCH, FULL, errorsOf, greet, next, routeOf, session, start } from './engine-start.js';

const ENCODING_PREDICT = ENCODING_NAMES.indexOf('predict');

test('an update is shown whole, and acknowledged before it is painted', async () => {
  const { browser, engine, presenter } = start();
  const socket = await greet(browser);
  assert.deepEqual(browser.requests[0]?.init.headers, { Authorization: 'Bearer secret' });
  assert.equal(socket.last(KIND.HELLO).getUint16(10, true), 0);
  assert.deepEqual(routeOf(socket), { transport: 2, epoch: 0n, heldSeq: 0 });
  await socket.receive(/** @type {Uint8Array} */ (FULL[0]));
  assert.deepEqual(browser.log, ['send HELLO', 'send ROUTE']);
  await socket.receive(/** @type {Uint8Array} */ (FULL[1]));
  assert.deepEqual(browser.log.slice(2), ['send ACK', 'resize 4x4', 'paint 0,0 4x4', 'commit']);
  assert.deepEqual([...new Set(presenter.pixels)], [7, 9, 255]);
  const { connected, width, height, seq, frames } = engine.state;
  assert.deepEqual(
    { connected, width, height, seq, frames },
    { connected: true, width: 4, height: 4, seq: 1, frames: 1 },
  );
  engine.close();
});

test('an update that the presenter prepares for is acknowledged and painted after that', async () => {
  const { browser, engine, presenter } = start();
  const socket = await greet(browser);
  await socket.receive(...FULL);
  const ready = deferred();
  const bounds = /** @type {object[]} */ ([]);
  Object.assign(presenter, {
    prepare: (/** @type {object} */ rect) => {
      bounds.push(rect);
      return ready.promise;
    },
  });
  browser.log.length = 0;
  await socket.receive(next(2, 8));
  assert.deepEqual(bounds, [{ x: 0, y: 0, width: 4, height: 4 }]);
  assert.deepEqual(browser.log, []);
  ready.resolve(undefined);
  await settle();
  assert.deepEqual(browser.log, ['send ACK', 'paint 0,0 4x4', 'commit']);
  assert.equal(engine.state.seq, 2);
  engine.close();
});

test('an update that is prepared for when its connection is lost is not painted', async () => {
  const { browser, engine, presenter } = start();
  const socket = await greet(browser);
  await socket.receive(...FULL);
  const ready = deferred();
  Object.assign(presenter, { prepare: () => ready.promise });
  browser.log.length = 0;
  await socket.receive(next(2, 8));
  socket.drop();
  await settle();
  ready.resolve(undefined);
  await settle();
  assert.deepEqual(browser.log, []);
  assert.equal(engine.state.seq, 1);
  engine.close();
});

test('an update that is taken back leaves the picture, is not acknowledged, and another follows', async () => {
  const { browser, engine, presenter } = start();
  const socket = await greet(browser);
  for (const each of FULL) await socket.receive(each);
  const shown = browser.log.length;
  await socket.receive(band({ seq: 2, base: 1, flags: FIRST, patches: [raw(0, 0, 1, 1, 3)] }));
  await socket.receive(band({ seq: 2, base: 1, flags: ABORTED }));
  assert.deepEqual([browser.log.slice(shown), engine.state.seq], [[], 1]);
  await socket.receive(band({ seq: 3, base: 1, flags: FIRST | COMMIT, patches: [raw(0, 0, 1, 1, 5)] }));
  assert.deepEqual([engine.state.seq, presenter.pixels[0]], [3, 5]);
  engine.close();
});

test('an ack tells how long receiving took, and painting the update before', async () => {
  const { browser, engine, presenter } = start();
  const socket = await greet(browser);
  const told = () => [8, 12, 16].map(at => socket.last(KIND.ACK).getUint32(at, true));
  await socket.receive(/** @type {Uint8Array} */ (FULL[0]));
  browser.clockMs += 2;
  await socket.receive(/** @type {Uint8Array} */ (FULL[1]));
  assert.deepEqual(told(), [1, 2000, 0]);
  presenter.commit = () => {
    browser.clockMs += 3;
  };
  await socket.receive(next(2, 1));
  await socket.receive(next(3, 1));
  assert.deepEqual(told(), [3, 0, 3000]);
  engine.close();
});

test('only what answers the newest ping is followed by another', async () => {
  const { browser, engine } = start();
  const socket = await greet(browser);
  const pings = () => socket.sent.filter(bytes => new DataView(bytes).getUint8(4) === KIND.PING).length;
  const pong = (/** @type {number} */ token) => message(KIND.PONG, 0, [...u32(token), ...u64(0n)]);
  const newest = () => socket.last(KIND.PING).getUint32(8, true);
  const first = newest();
  browser.ring(2000); // A page that was busy pings again before it hears the answer.
  assert.equal(pings(), 2);
  await socket.receive(pong(first));
  assert.equal(pings(), 2);
  await socket.receive(pong(newest()));
  assert.equal(pings(), 3);
  engine.close();
});

test('another size resizes the canvas and is posted at once', async () => {
  const { browser, engine, events } = start();
  const socket = await greet(browser);
  await socket.receive(...FULL);
  await socket.receive(band({ seq: 2, width: 2, height: 2, flags: FIRST | COMMIT, patches: [raw(0, 0, 2, 2, 3)] }));
  assert.ok(browser.log.includes('resize 2x2'));
  const posted = events.findLast(event => event.type === 'state');
  assert.ok(posted?.type === 'state' && posted.state.width === 2 && posted.state.seq === 2);
  engine.close();
});

test('a lost connection comes back with what it holds', async () => {
  const { browser, engine, presenter } = start();
  const first = await greet(browser);
  await first.receive(...FULL);
  await first.receive(band({ seq: 2, base: 1, flags: FIRST, patches: [raw(0, 0, 1, 1, 1)] })); // Never whole.
  first.drop();
  await settle();
  assert.equal(engine.state.phase, 'reconnecting');
  browser.ring(100);
  const second = await greet(browser);
  assert.deepEqual(routeOf(second), { transport: 2, epoch: EPOCH, heldSeq: 1 });
  await second.receive(band({ seq: 3, base: 1, flags: FIRST | COMMIT, patches: [raw(0, 0, 1, 1, 5)] }));
  assert.equal(presenter.pixels[0], 5);
  assert.equal(presenter.pixels[4], 7);
  assert.equal(engine.state.skipped, 1);
  engine.close();
});

test('after painting failed it asks for the whole picture', async () => {
  const { browser, engine, presenter, events } = start();
  const first = await greet(browser);
  await first.receive(...FULL);
  presenter.paint = () => {
    throw new Error('no memory');
  };
  await first.receive(next(2, 8));
  assert.ok(first.closed);
  assert.ok(events.some(event => event.type === 'error' && event.message === 'no memory'));
  browser.ring(100);
  const second = await greet(browser);
  assert.deepEqual(routeOf(second), { transport: 2, epoch: 0n, heldSeq: 0 });
  engine.close();
});

test('after a malformed band it asks for the whole picture', async () => {
  for (const bytes of [
    band({ seq: 9, base: 5, flags: FIRST | COMMIT }),
    band({ seq: 2, base: 1, flags: FIRST, patches: [raw(9, 9, 9, 9, 0)] }),
    band({ seq: 2, base: 1, width: 8, flags: FIRST | COMMIT }),
  ]) {
    const { browser, engine, events } = start();
    const first = await greet(browser);
    await first.receive(...FULL);
    await first.receive(bytes);
    assert.ok(first.closed);
    assert.ok(events.some(event => event.type === 'error'));
    assert.ok(!browser.log.slice(-1).includes('commit') || engine.state.seq === 1);
    browser.ring(100);
    const second = await greet(browser);
    assert.deepEqual(routeOf(second), { transport: 2, epoch: 0n, heldSeq: 0 });
    engine.close();
  }
});

test('a code that cannot be decoded leaves the picture as it is, is told, and all of it is asked for', async () => {
  const module = new WebAssembly.Module(readFileSync(new URL('../src/codec.wasm', import.meta.url)));
  const { browser, engine, presenter, events } = start({}, session, new Codec(new WebAssembly.Instance(module)));
  const first = await greet(browser);
  assert.equal(first.last(KIND.HELLO).getUint16(10, true), HELLO_CODES);
  await first.receive(...FULL);
  const before = presenter.read();
  // A pixel, and as many like it as make three rows and all of four.
  const red = [0b1111_0010, 255, 0, 0];
  const rows = { x: 0, y: 1, width: 4, height: 3, encoding: ENCODING_PREDICT, data: Uint8Array.from(red) };
  const all = { x: 0, y: 0, width: 4, height: 4, encoding: ENCODING_PREDICT, data: Uint8Array.of(...red, 0b1100_1110) };
  await first.receive(band({ seq: 2, base: 1, flags: FIRST, patches: [raw(0, 0, 4, 1, 1)] }));
  await first.receive(band({ seq: 2, base: 1, flags: COMMIT, patches: [rows] }));
  assert.ok(first.closed);
  assert.deepEqual(presenter.read(), before);
  assert.ok(events.some(event => event.type === 'error' && /cannot be decoded/.test(event.message)));
  browser.ring(100);
  const second = await greet(browser);
  assert.deepEqual(routeOf(second), { transport: 2, epoch: 0n, heldSeq: 0 });
  await second.receive(band({ seq: 3, flags: FIRST | COMMIT, patches: [all] }));
  assert.deepEqual([...presenter.read().subarray(0, 8)], [255, 0, 0, 255, 255, 0, 0, 255]);
  engine.close();
});

test('with verify, each update is proven by a hash of what is shown', async () => {
  const { browser, engine, presenter, events } = start({ verify: true });
  const socket = await greet(browser);
  assert.equal(socket.last(KIND.HELLO).getUint16(10, true), HELLO_VERIFY);
  await socket.receive(...FULL);
  assert.deepEqual(browser.log.slice(-2), ['commit', 'send PROOF']);
  assert.equal(socket.last(KIND.PROOF).getBigUint64(12, true), pictureHash(presenter.pixels));
  await socket.receive(message(KIND.PROVEN, 0, [...u32(1), ...u32(1), ...u64(1n)]));
  assert.equal(engine.state.exact, true);
  await socket.receive(message(KIND.PROVEN, 0, [...u32(2), ...u32(0), ...u64(1n)]));
  assert.deepEqual([engine.state.exact, engine.state.proven, engine.state.refuted], [false, 1, 1]);
  assert.ok(events.some(event => event.type === 'refuted' && event.seq === 2));
  await socket.receive(message(KIND.PROVEN, 0, [...u32(3), ...u32(0), ...u64(1n)]));
  const [altered, notExact, ...others] = errorsOf(events);
  assert.match(altered ?? '', /^readback-altered: proofs are of the picture in memory/);
  assert.equal(notExact, 'not-exact: not exact: what is shown differs from the source');
  assert.deepEqual(others, [], 'told once');
  engine.close();
});

test('a server below a path is asked there, and only by what passes any proxy', async () => {
  const { browser, engine } = start({ server: 'http://127.0.0.1:1/tools/screen', transport: 'auto' });
  const socket = await greet(browser);
  assert.deepEqual(
    browser.requests.map(({ url }) => url),
    ['http://127.0.0.1:1/tools/screen/session'],
  );
  assert.equal(Reflect.get(socket, 'url'), 'ws://127.0.0.1:1/tools/screen/control');
  assert.equal(routeOf(socket).transport, 2);
  assert.equal(engine.state.transportReason, 'the only one there is');
  engine.close();
});

test('a wrong token is final, and told once', async () => {
  const { browser, engine, events } = start({}, () => new Response('', { status: 401 }));
  await settle();
  const { phase, code, reason } = engine.state;
  assert.deepEqual([phase, code], ['ticket-rejected', 'ticket-rejected']);
  assert.match(reason, /^wrong token/);
  assert.deepEqual(errorsOf(events), [`ticket-rejected: ${reason}`]);
  assert.equal(browser.timers.length, 0);
});

test('a ticket is used once: the next session has the one that the server gave for it', async () => {
  let drawn = 0;
  const answer = () => {
    drawn += 1;
    return Response.json({ session: 'key', ticket: `ticket ${drawn}`, transports: ['websocket'] });
  };
  const { browser, engine, events } = start({ token: 'ticket 0' }, answer);
  const socket = await greet(browser);
  socket.drop();
  await settle();
  browser.ring(100);
  await settle();
  const shown = browser.requests.map(({ init }) => new Headers(init.headers).get('Authorization'));
  assert.deepEqual(shown, ['Bearer ticket 0', 'Bearer ticket 1']);
  const renewed = events.flatMap(event => (event.type === 'renewed' ? [event.token] : []));
  assert.deepEqual(renewed, ['ticket 1', 'ticket 2']);
  engine.close();
});

test('the backoff doubles up to its cap', async () => {
  const { browser, engine } = start({}, () => {
    throw new TypeError('refused');
  });
  for (const ms of [100, 200, 400, 800, 1600, 3000, 3000]) {
    await settle();
    browser.ring(ms);
  }
  engine.close();
});

test('where all HTTP streams are taken, the pixels come by WebSocket, in the same session', async () => {
  const { browser, engine } = start({ transport: 'http' }, url =>
    url.includes('/stream') ? new Response('', { status: 503 }) : session(),
  );
  const socket = await greet(browser);
  assert.equal(browser.sockets.length, 1);
  assert.equal(routeOf(socket).transport, 2);
  await socket.receive(...FULL);
  assert.deepEqual([engine.state.transport, engine.state.connected, engine.state.seq], ['websocket', true, 1]);
  assert.match(engine.state.transportReason, /http: all HTTP streams/);
  engine.close();
});

test('HTTP pixels arrive on the stream of their route', async () => {
  const { browser, engine, presenter } = start({ transport: 'http' }, url =>
    url.includes('/stream') ? new Response(new Blob([message(KIND.ROUTED, 0, u32(1)), ...FULL])) : session(),
  );
  await greet(browser);
  const request = browser.requests.find(({ url }) => url.endsWith('/stream?route=1'));
  assert.equal(request?.init.headers.Authorization, 'Session key');
  assert.equal(engine.state.seq, 1);
  assert.equal(presenter.pixels[0], 7);
  engine.close();
});

test('a stream that ends within an update is followed by WebSocket, from the picture that is shown', async () => {
  const half = band({ seq: 2, base: 1, flags: FIRST, patches: [raw(0, 0, 1, 1, 1)] });
  const { browser, engine, presenter } = start({ transport: 'http' }, url =>
    url.includes('/stream') ? new Response(new Blob([message(KIND.ROUTED, 0, u32(1)), ...FULL, half])) : session(),
  );
  const socket = await greet(browser);
  assert.deepEqual(routeOf(socket), { transport: 2, epoch: EPOCH, heldSeq: 1 });
  await socket.receive(band({ seq: 3, base: 1, flags: FIRST | COMMIT, patches: [raw(0, 0, 1, 1, 5)] }));
  assert.deepEqual([presenter.pixels[0], presenter.pixels[4], engine.state.reconnects], [5, 7, 0]);
  engine.close();
});

test('a server that is silent is left', async () => {
  const { browser, engine } = start();
  const socket = await greet(browser);
  for (let i = 0; i < 3; i += 1) browser.ring(2000);
  await settle();
  assert.ok(socket.closed);
  assert.equal(engine.state.phase, 'reconnecting');
  engine.close();
});

test('a hidden page says so, also after it has come back', async () => {
  const { browser, engine } = start();
  const first = await greet(browser);
  engine.setPaused(true);
  assert.equal(first.last(KIND.FLOW).getUint8(8), 1);
  first.drop();
  await settle();
  browser.ring(100);
  const second = await greet(browser);
  assert.equal(second.last(KIND.FLOW).getUint8(8), 1);
  engine.close();
});

test('closing leaves no timer behind', async () => {
  const { browser, engine } = start();
  const socket = await greet(browser);
  await socket.receive(...FULL);
  engine.setStats(true);
  await socket.receive(band({ seq: 2, base: 1, flags: FIRST | COMMIT }));
  engine.close();
  await settle();
  assert.deepEqual(browser.timers, []);
  assert.ok(socket.closed);
});

/** @param {{ positionUs: bigint, usPerS: number }} position */
function playback({ positionUs, usPerS }) {
  return message(KIND.PLAYBACK, 0, [
    3,
    ...u64(12_000_000n),
    ...u64(0n),
    ...u64(BigInt.asUintN(64, positionUs)),
    ...u64(0n),
    ...u32(usPerS),
    ...u32(0),
    ...u16(3),
    101,
    110,
    103,
  ]);
}

test('a film is where its clock is, also without a new picture', async () => {
  const { browser, engine } = start();
  const socket = await greet(browser);
  await socket.receive(playback({ positionUs: 6_000_000n, usPerS: 1_000_000 }));
  assert.deepEqual(
    [engine.state.timeS, engine.state.durationS, engine.state.tracks, engine.state.track],
    [6, 12, ['eng'], 0],
  );
  browser.clockMs += 500;
  browser.ring(250);
  assert.equal(engine.state.timeS, 6.5);
  browser.clockMs += 60_000;
  browser.ring(250);
  assert.equal(engine.state.timeS, 12, 'it goes no further than its end');
  await socket.receive(playback({ positionUs: 7_000_000n, usPerS: 0 }));
  assert.equal(engine.state.timeS, 7);
  assert.throws(() => browser.ring(250), /no timer/, 'what stands is not told again');
  await socket.receive(...FULL, playback({ positionUs: -(2n ** 63n), usPerS: 0 }));
  assert.equal(engine.state.timeS, null, 'its picture tells where it is, and this one has no time');
  engine.controlPlayback('track', 1);
  assert.deepEqual(
    [socket.last(KIND.PLAYBACK_COMMAND).getUint8(8), socket.last(KIND.PLAYBACK_COMMAND).getBigUint64(9, true)],
    [4, 1n],
  );
  engine.close();
});
