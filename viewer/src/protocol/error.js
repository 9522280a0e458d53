// The error of everything that reads what a server sends.

/** The server does not speak this protocol, or bytes were lost: the session must end. */
export class ProtocolError extends Error {
  /** @override */
  name = 'ProtocolError';
}

/** @param {number} kind */
export function hex(kind) {
  return `0x${kind.toString(16).padStart(2, '0')}`;
}
