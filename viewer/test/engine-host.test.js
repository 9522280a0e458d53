import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EngineHost } from '../src/element/engine-host.js';
import { initialState } from '../src/session/engine-state.js';

/**
 * @typedef {import('../src/session/port.js').Answer} Answer
 * @typedef {import('../src/session/port.js').Command} Command
 * @typedef {import('../src/session/thread-choice.js').Thread} Thread
 * @typedef {import('../src/element/engine-link.js').Receiver} Receiver
 */

const OPTIONS = {
  server: 'http://127.0.0.1:1',
  token: 'a',
  transport: /** @type {const} */ ('http'),
  codes: true,
  verify: false,
  paused: false,
};
const CHOICE = { thread: /** @type {const} */ ('page'), reason: 'a test' };
const PRESENTER = { name: /** @type {const} */ ('2d'), reason: 'a test' };
const SHAPE = { serial: 3, width: 1, height: 1, hotX: 0, hotY: 0, rgba: new Uint8ClampedArray(4) };

/** An engine that says what the test says, and writes down what it is told. */
class FakeLink {
  told = /** @type {string[]} */ ([]);
  isClosed = false;
  /** @param {Thread} thread @param {Receiver} receiver */
  constructor(thread, receiver) {
    this.thread = thread;
    this.receiver = receiver;
    this.canvas = { name: `canvas of ${thread}`, remove: () => {} };
  }
  start() {
    this.told.push('start');
  }
  /** @param {Command} command */
  send(command) {
    this.told.push(command.type);
  }
  close() {
    this.isClosed = true;
  }
  /** @param {Answer} answer */
  say(answer) {
    this.receiver.answer(/** @type {any} */ (this), answer);
  }
  /** @param {number} frames @param {number} seq of the frame that was painted */
  paint(frames, seq) {
    this.say({ type: 'state', state: state(frames, seq) });
  }
}

/** @param {number} frames @param {number} seq */
function state(frames, seq) {
  return { ...initialState(OPTIONS, PRESENTER, CHOICE), frames, seq, marker: 'run' };
}

/** A host in a page, with what it did. */
function hosted() {
  const page = {
    links: /** @type {FakeLink[]} */ ([]),
    mounted: /** @type {string[]} */ ([]),
    answers: /** @type {Answer[]} */ ([]),
    /** Calls of the next frame of the browser. */
    frameCalls: /** @type {(() => void)[]} */ ([]),
    isHidden: false,
    forgotten: 0,
    advise: /** @type {((thread: Thread) => void) | null} */ (null),
    /** Has the page become busy. */
    becomeBusy: () => page.advise?.('worker'),
    /** Has the browser display two frames. */
    display: () => [1, 2].forEach(() => page.frameCalls.splice(0).forEach(call => call())),
  };
  const monitor = {
    sample: (/** @type {(thread: Thread) => void} */ advise) => void (page.advise = advise),
    moved: () => {},
    forget: () => void (page.forgotten += 1),
    close: () => void (page.advise = null),
  };
  const mount = (/** @type {unknown} */ canvas) => page.mounted.push(/** @type {{ name: string }} */ (canvas).name);
  const host = new EngineHost(
    {
      present: 'auto',
      thread: 'auto',
      options: OPTIONS,
      mount,
      mountAbove: () => {},
      layer: /** @type {any} */ ({}),
      answer: answer => page.answers.push(answer),
    },
    {
      newLink: (thread, receiver) => {
        const link = new FakeLink(thread, receiver);
        page.links.push(link);
        return /** @type {any} */ (link);
      },
      choose: () => CHOICE,
      displaysWorkersWhileBusy: true,
      monitor: () => monitor,
      isHidden: () => page.isHidden,
      requestFrame: call => page.frameCalls.push(call),
    },
  );
  return { host, page };
}

/** A host whose engine has begun to move to a worker. */
function moving() {
  const { host, page } = hosted();
  page.links[0]?.paint(1, 1);
  page.becomeBusy();
  const [shown, next] = page.links;
  assert.ok(shown !== undefined && next !== undefined);
  return { host, page, shown, next };
}

test('the next engine takes over once it has painted and the one before has stopped', () => {
  const { host, page, shown, next } = moving();
  next.paint(1, 2);
  assert.equal(shown.told.at(-1), 'stop');
  shown.say({ type: 'stopped', state: state(2, 3) });
  assert.equal(shown.isClosed, true);
  page.display();
  assert.deepEqual(page.mounted, ['canvas of page'], 'its frame is older than the one that is shown');
  next.paint(2, 3);
  page.display();
  assert.deepEqual(page.mounted, ['canvas of page', 'canvas of worker']);
  host.close();
});

test('a host that is closed mounts no canvas and starts no engine', () => {
  const { host, page, shown, next } = moving();
  next.paint(1, 2);
  shown.say({ type: 'stopped', state: state(1, 2) });
  assert.equal(page.frameCalls.length, 1);
  const { advise } = page;
  host.close();
  page.display();
  advise?.('page');
  next.paint(3, 4);
  assert.deepEqual([page.mounted, page.links.length], [['canvas of page'], 2]);
});

test('a move that is paused is abandoned, and tried again when frames come', () => {
  const { host, page, next } = moving();
  host.send({ type: 'paused', paused: true });
  assert.deepEqual([next.isClosed, page.forgotten], [true, 1]);
  page.becomeBusy();
  assert.equal(page.links.length, 2, 'nothing is painted while it is paused');
  host.send({ type: 'paused', paused: false });
  page.becomeBusy();
  assert.equal(page.links.length, 3);
  host.close();
});

test('an engine that cannot paint in a worker is not tried again', () => {
  const { host, page, next } = moving();
  next.say({ type: 'unfit', message: 'a test' });
  page.becomeBusy();
  assert.deepEqual([next.isClosed, page.links.length], [true, 2]);
  host.close();
});

test('the pointer that the next engine told before it took over is answered then', () => {
  const { host, page, shown, next } = moving();
  next.say({ type: 'cursor-shape', shape: SHAPE });
  next.say({ type: 'cursor-at', x: 5, y: 6, serial: 3 });
  next.paint(1, 2);
  assert.equal(
    page.answers.some(answer => answer.type === 'cursor-shape'),
    false,
  );
  shown.say({ type: 'stopped', state: state(1, 2) });
  const told = page.answers.filter(({ type }) => type.startsWith('cursor-'));
  assert.deepEqual(told, [
    { type: 'cursor-shape', shape: SHAPE },
    { type: 'cursor-at', x: 5, y: 6, serial: 3 },
  ]);
  host.close();
});
