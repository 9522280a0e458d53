// The part of the engine's state that the element reports to its page.

/** @typedef {import('../session/engine.js').State} State */

/** State before the engine's first report. @satisfies {Partial<State>} */
export const NOTHING_YET = {
  phase: /** @type {State['phase']} */ ('connecting'),
  code: /** @type {State['code']} */ (''),
  reason: '',
  isOver: false,
  marker: '',
  sourceText: '',
  sourceName: '',
  stalled: '',
  alterations: /** @type {readonly string[]} */ ([]),
};
/** Fields of the state whose change `statechange` reports. @satisfies {readonly (keyof State)[]} */
export const REPORTED = /** @type {const} */ ([
  'phase',
  'code',
  'reason',
  'isOver',
  'sourceState',
  'sourceText',
  'sourceName',
  'stalled',
  'alterations',
  'marker',
]);
