// The page's title: the source's name, or the reason why nothing is shown.

/** Title of a phase that needs no action of the user. @type {Readonly<Record<string, string>>} */
const IN_SHORT = {
  connecting: 'connecting',
  reconnecting: 'reconnecting',
  'local-network-prompt': 'waiting to be allowed',
  'local-network-denied': 'not allowed',
  'ticket-rejected': 'not let in',
};

/**
 * The marker lets the server notice that this page is on the display that it mirrors.
 * @param {Pick<import('../session/engine.js').State, 'phase' | 'code' | 'reason' | 'isOver' | 'sourceText' |
 *   'sourceName' | 'marker'>} state
 */
export function titleText({ phase, code, reason, isOver, sourceText, sourceName, marker }) {
  if (isOver) return `${reason} · lanstream`;
  if (phase !== 'open') return `${IN_SHORT[phase] ?? ''} · lanstream`;
  const what = code === 'source-lost' ? `source lost: ${reason}` : sourceName || sourceText;
  return `${what} · lanstream ${marker}`;
}
