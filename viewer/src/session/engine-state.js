// What an engine tells of itself: where its connection stands, what is shown, and why nothing new is.

/**
 * @typedef {'connecting' | 'local-network-prompt' | 'open' | 'reconnecting' | 'local-network-denied' |
 *   'ticket-rejected' | 'closed'} Phase
 * @typedef {import('./session-end.js').EndCode | 'local-network-prompt' | 'source-lost' | 'failed' | ''} Code why
 *   nothing new is shown
 * @typedef {Code | 'readback-altered' | 'not-exact'} ErrorCode of errors, some of which stop nothing
 * @typedef {{
 *   phase: Phase, connected: boolean, paused: boolean, code: Code, reason: string, isOver: boolean,
 *   transport: string, transportReason: string, presenter: string, presenterReason: string, thread: string,
 *     threadReason: string,
 *   codes: boolean, codesReason: string, width: number, height: number, seq: number, frames: number, skipped: number,
 *   verify: boolean, provenOf: 'canvas' | 'memory', provenReason: string, proven: number, refuted: number, exact:
 *     boolean | null,
 *   marker: string, sourceState: string, sourceText: string, sourceName: string, stalled: string, alterations: readonly
 *     string[], feedback: string, reconnects: number,
 *   hasPlayback: boolean, sourcePlaying: boolean, canSeek: boolean, durationS: number | null, timeS: number | null,
 *     tracks: string[], track: number | null, planes: string,
 * }} State plain, so that it can be posted and compared; `code` and `reason`: why nothing new is shown, where that has
 *   a reason; `isOver`: the source or the server said that this is the end; `sourceName`: what is shown, `stalled`: why
 *   no new frames come although the source is open, `alterations`: in what they differ from what it has; `thread`: the
 *   one that receives and paints, `page` or `worker`; `provenOf`: what proofs are of, and why not of what the canvas
 *   shows; `hasPlayback`: a film, of which the next six tell; `planes`: what planes the frame lies in, or nothing
 */

/**
 * State of an engine that has not connected yet.
 * @param {{ paused: boolean, verify: boolean }} options
 * @param {import('../present/choose.js').PresenterChoice} presenter
 * @param {import('./thread-choice.js').ThreadChoice} thread
 * @returns {State}
 */
export function initialState({ paused, verify }, presenter, thread) {
  return {
    phase: 'connecting',
    connected: false,
    paused,
    code: '',
    reason: '',
    isOver: false,
    transport: '',
    transportReason: '',
    presenter: presenter.name,
    presenterReason: presenter.reason,
    thread: thread.thread,
    threadReason: thread.reason,
    codes: false,
    codesReason: '',
    width: 0,
    height: 0,
    seq: 0,
    frames: 0,
    skipped: 0,
    verify,
    provenOf: 'canvas',
    provenReason: '',
    proven: 0,
    refuted: 0,
    exact: null,
    marker: '',
    sourceName: '',
    stalled: '',
    alterations: [],
    sourceState: 'live',
    sourceText: '',
    feedback: '',
    reconnects: 0,
    hasPlayback: false,
    sourcePlaying: true,
    canSeek: false,
    durationS: null,
    timeS: null,
    tracks: [],
    track: null,
    planes: '',
  };
}
