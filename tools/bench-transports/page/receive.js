// The paths: each opens its own, counts bytes, and acknowledges a message when the last of it is there.

/**
 * What the server asks for.
 * @typedef {{ cell: number, path: string, bytes: number, port: number }} Order
 */

/**
 * @typedef {Order & {
 *   hash: Uint8Array<ArrayBuffer>,
 *   acknowledge(number: number, lost: number): void,
 *   broken(error: unknown): void,
 * }} Task
 */

/**
 * An open path. `run` ends when it is closed; `sent` is told when all of a message has left.
 * @typedef {{ run(): Promise<void>, close(): void | Promise<void>, sent?(number: number, pieces: number): void }} Path
 */

/** Said where an engine does not have a path. */
const NO_BYOB = 'no BYOB reader';
const NO_WEBTRANSPORT = 'no WebTransport';
/** A message of datagrams is given up when so long nothing came. */
const QUIET_MS = 30;
/** In front of a datagram's bytes: the message's number. */
const HEAD_BYTES = 4;
/** Datagrams that may wait for the page to read them; by default only one may. */
const DATAGRAMS_MAX = 16384;

/** @type {Record<string, (task: Task) => Path | string>} */
export const OPENERS = {
  'http-byob': (task) => (hasByob() ? http(task, (body) => readByob(body, task)) : NO_BYOB),
  'http': (task) => http(task, (body) => readDefault(body, task)),
  'websocket': webSocket,
  'websocket-pieces': webSocket,
  'stream': (task) => webTransport(task, oneStream),
  'stream-plain': (task) => webTransport(task, oneStream),
  'streams': (task) => webTransport(task, manyStreams),
  'datagrams': (task) => webTransport(task, datagrams),
};

function hasByob() {
  try {
    new ReadableStream({ type: 'bytes' }).getReader({ mode: 'byob' });
    // A stream of our own may know BYOB where a response's body does not (WebKitGTK), so that one is asked as well.
    new Response('x').body?.getReader({ mode: 'byob' });
    return true;
  } catch {
    return false;
  }
}

/**
 * @param {Task} task
 * @param {(body: ReadableStream<Uint8Array<ArrayBuffer>>) => Promise<void>} read
 * @returns {Path}
 */
function http(task, read) {
  const abort = new AbortController();
  return {
    async run() {
      try {
        const response = await fetch(`/stream/${task.cell}`, { cache: 'no-store', signal: abort.signal });
        if (response.body !== null) await read(response.body);
      } catch (error) {
        if (!abort.signal.aborted) throw error;
      }
    },
    close: () => abort.abort(),
  };
}

/** Acknowledges messages as their bytes come, all in order. */
class Count {
  #task;
  #number = 0;
  #left;

  /** @param {Task} task */
  constructor(task) {
    this.#task = task;
    this.#left = task.bytes;
  }

  /** Bytes of the present message that have not come. */
  get left() {
    return this.#left;
  }

  /** @param {number} bytes */
  add(bytes) {
    let rest = bytes;
    while (rest >= this.#left) {
      rest -= this.#left;
      this.#left = this.#task.bytes;
      this.#task.acknowledge(this.#number++, 0);
    }
    this.#left -= rest;
  }
}

/**
 * Reads each message into a buffer of its size, from the front.
 * @param {ReadableStream<Uint8Array<ArrayBuffer>>} body
 * @param {Task} task
 */
async function readByob(body, task) {
  const reader = body.getReader({ mode: 'byob' });
  const count = new Count(task);
  let buffer = new ArrayBuffer(task.bytes);
  for (;;) {
    const { value, done } = await reader.read(new Uint8Array(buffer, task.bytes - count.left, count.left));
    if (done || value === undefined) return;
    buffer = value.buffer;
    count.add(value.byteLength);
  }
}

/**
 * @param {ReadableStream<Uint8Array<ArrayBuffer>>} body
 * @param {Task} task
 */
async function readDefault(body, task) {
  const reader = body.getReader();
  const count = new Count(task);
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    count.add(value.byteLength);
  }
}

/**
 * @param {Task} task
 * @returns {Path}
 */
function webSocket(task) {
  const socket = new WebSocket(`ws://${location.host}/socket/${task.cell}`);
  const count = new Count(task);
  socket.binaryType = 'arraybuffer';
  socket.onmessage = ({ data }) => count.add(data.byteLength);
  return {
    run: () => new Promise((resolve) => { socket.onclose = () => resolve(); }),
    close: () => socket.close(),
  };
}

/**
 * @param {Task} task
 * @param {(transport: WebTransport, task: Task) => { run(): Promise<void>, sent?(number: number, pieces: number): void }} open
 * @returns {Path | string}
 */
function webTransport(task, open) {
  if (typeof WebTransport === 'undefined') return NO_WEBTRANSPORT;
  const transport = new WebTransport(`https://127.0.0.1:${task.port}/${task.cell}`, {
    serverCertificateHashes: [{ algorithm: 'sha-256', value: task.hash }],
  });
  transport.closed.catch(() => {});
  let closed = false;
  const way = open(transport, task);
  return {
    async run() {
      try {
        await transport.ready;
        await way.run();
      } catch (error) {
        if (!closed) throw error;
      }
    },
    close() {
      closed = true;
      transport.close();
    },
    sent: way.sent,
  };
}

/**
 * @param {ReadableStream<Uint8Array<ArrayBuffer>>} stream
 * @param {Task} task
 */
function readStream(stream, task) {
  return isByob(stream) ? readByob(stream, task) : readDefault(stream, task);
}

/** @param {ReadableStream} stream */
function isByob(stream) {
  try {
    stream.getReader({ mode: 'byob' }).releaseLock();
    return true;
  } catch {
    return false;
  }
}

/**
 * @param {WebTransport} transport
 * @param {Task} task
 */
function oneStream(transport, task) {
  return {
    async run() {
      const { value } = await transport.incomingUnidirectionalStreams.getReader().read();
      if (value !== undefined) await readStream(value, task);
    },
  };
}

/**
 * @param {WebTransport} transport
 * @param {Task} task
 */
function manyStreams(transport, task) {
  return {
    async run() {
      const reader = transport.incomingUnidirectionalStreams.getReader();
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return;
        readMessage(value, task).catch(task.broken);
      }
    },
  };
}

/**
 * A stream that is one message, its number in front.
 * @param {ReadableStream<Uint8Array<ArrayBuffer>>} stream
 * @param {Task} task
 */
async function readMessage(stream, task) {
  let number = 0;
  let got = 0;
  const read = reader(stream, task.bytes);
  while (got < task.bytes) {
    const value = await read(got);
    if (value === undefined) return;
    // A number that comes in parts would be read wrong; four bytes do not.
    if (got === 0) number = new DataView(value.buffer, value.byteOffset).getUint32(0, true);
    got += value.byteLength;
  }
  task.acknowledge(number, 0);
}

/**
 * Reads on from an offset of the message, with BYOB where there is one.
 * @param {ReadableStream<Uint8Array<ArrayBuffer>>} stream
 * @param {number} bytes
 * @returns {(got: number) => Promise<Uint8Array<ArrayBuffer> | undefined>}
 */
function reader(stream, bytes) {
  if (!isByob(stream)) {
    const plain = stream.getReader();
    return async () => (await plain.read()).value;
  }
  const byob = stream.getReader({ mode: 'byob' });
  let buffer = new ArrayBuffer(bytes);
  return async (got) => {
    const { value } = await byob.read(new Uint8Array(buffer, got, bytes - got));
    if (value !== undefined) buffer = value.buffer;
    return value;
  };
}

/**
 * @param {WebTransport} transport
 * @param {Task} task
 */
function datagrams(transport, task) {
  const pieces = new Pieces(task);
  transport.datagrams.incomingHighWaterMark = DATAGRAMS_MAX;
  return {
    async run() {
      const reader = transport.datagrams.readable.getReader();
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return;
        pieces.add(value);
      }
    },
    /** @type {(number: number, of: number) => void} */
    sent: (number, of) => pieces.sent(number, of),
  };
}

/** What has come of messages in pieces. */
class Pieces {
  #task;
  /** Pieces that came, of each message that is not acknowledged. @type {Map<number, { came: number, bytes: number }>} */
  #open = new Map();
  #whole = new Set();
  #last = 0;

  /** @param {Task} task */
  constructor(task) {
    this.#task = task;
  }

  /** @param {Uint8Array} piece */
  add(piece) {
    this.#last = performance.now();
    const view = new DataView(piece.buffer, piece.byteOffset);
    const number = view.getUint32(0, true);
    const message = this.#open.get(number) ?? { came: 0, bytes: 0 };
    message.came++;
    message.bytes += piece.byteLength - HEAD_BYTES;
    this.#open.set(number, message);
    if (message.bytes === this.#task.bytes) this.#end(number, 0);
  }

  /**
   * @param {number} number
   * @param {number} pieces
   */
  sent(number, pieces) {
    if (this.#whole.delete(number)) return;
    this.#last = performance.now();
    const wait = () => {
      if (this.#whole.delete(number)) return;
      if (performance.now() - this.#last < QUIET_MS) {
        setTimeout(wait, QUIET_MS / 4);
        return;
      }
      this.#end(number, pieces - (this.#open.get(number)?.came ?? 0));
    };
    wait();
  }

  /**
   * @param {number} number
   * @param {number} lost
   */
  #end(number, lost) {
    this.#open.delete(number);
    if (lost === 0) this.#whole.add(number);
    this.#task.acknowledge(number, lost);
  }
}
