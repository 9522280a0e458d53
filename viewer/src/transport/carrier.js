// The contract of carriers: objects that bring a session's pixels over one transport, or over several that share a
// connection. A transport is a file and a row of table.js.

/**
 * @typedef {import('../protocol/messages.js').ServerMessage} ServerMessage
 * @typedef {import('../session/session.js').Env} Env
 */

/**
 * Takes bands as they arrive: `buffer` returns memory for one, `begin` reports that its first bytes have arrived,
 * `band` that all are, and takes the buffer away; `message` gets what is no band. It throws where the server breaks the
 * protocol.
 * @typedef {{
 *   buffer(bytes: number): ArrayBuffer,
 *   begin(): void,
 *   band(buffer: ArrayBuffer, bytes: number): void,
 *   message(message: ServerMessage): void,
 * }} BandSink
 */

/**
 * What a carrier gets from its session.
 * - `server` is the server's URL, without a slash at the end.
 * - `send` sends a message on the control channel.
 * - `newSink` returns a sink for what comes on one stream.
 * - `message` passes on a message that did not come on the control channel.
 * - `malformed` reports that the server does not speak the protocol.
 * - `ended` reports that the connection is gone, and so all routes on it.
 * @typedef {{
 *   server: string,
 *   key: string,
 *   env: Env,
 *   timers: import('./timers.js').Timers,
 *   send(message: import('../protocol/messages.js').ViewerMessage): void,
 *   newSink(): BandSink,
 *   message(message: ServerMessage): void,
 *   malformed(error: Error): void,
 *   ended(reason: string): void,
 * }} CarrierContext
 */

/**
 * - `connect` opens the connection, once; resolves to whether there is one. Without it there is nothing to connect.
 * - `receive` requests the bands of a route and resolves when they end. Without it they come by themselves.
 * - `take` gets messages of the control channel; returns whether one is the carrier's.
 * - `sendPromptly` sends what is of no use later; returns whether it could.
 * - `hangUp` closes the connection; `connect` may open another.
 * - `close` ends everything for good.
 * @typedef {{
 *   connect?(): Promise<boolean>,
 *   receive?(number: number, signal: AbortSignal): Promise<void>,
 *   take?(message: ServerMessage): boolean,
 *   sendPromptly?(bytes: ArrayBuffer): boolean,
 *   hangUp?(): void,
 *   close?(): void,
 * }} Carrier
 */

/**
 * What an engine makes of a transport: `isSwift`, whether it is worth being measured; `isLasting`, whether it goes on
 * for as long as it is used.
 * @typedef {{ isSwift: boolean, isLasting: boolean }} EngineFacts
 */

/**
 * - `number`: in a route's message; `listedAs`: the name by which servers offer it.
 * - `isAutomatic`: whether it is taken without being asked for.
 * - `tie`: how many times as long as another it may take and still be preferred.
 * - `canStall`: whether it may stop in the middle of an update without an error.
 * - `unreachable`: why it fails if it can't be connected.
 * - `inEngine`: `null` if this engine does not have it.
 * - `carrier`: rows with the same function share one carrier.
 * @typedef {{
 *   name: string,
 *   number: number,
 *   listedAs: string,
 *   isAutomatic: boolean,
 *   tie: number,
 *   canStall: boolean,
 *   unreachable: string,
 *   inEngine(env: Env): EngineFacts | null,
 *   carrier(context: CarrierContext): Carrier,
 * }} TransportRow
 */

export {};
