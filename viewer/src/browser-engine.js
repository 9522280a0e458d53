// Which engine a browser is made of, for the few things that no interface tells.

/**
 * Whether the browser is made of Chromium. On iOS all are made of WebKit, and call themselves CriOS or FxiOS.
 * @param {string} userAgent
 */
export function isChromium(userAgent) {
  return /\b(Chrome|Chromium)\/\d/.test(userAgent);
}
