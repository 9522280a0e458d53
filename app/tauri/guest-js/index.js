// Streams of a Tauri application, for its pages: what the plugin's commands do.

import { invoke } from '@tauri-apps/api/core';

/**
 * Value of a source's option. A list gives an option several times, `true` sets a switch.
 * @typedef {string | number | boolean | null | Array<string | number>} OptionValue
 */

/**
 * Why a call failed; promises reject with it.
 * @typedef {object} StreamError
 * @property {'unknown-stream' | 'name-taken' | 'not-owned' | 'source-not-allowed' | 'option-type' | 'source' | 'start' |
 *   'page-gone' | 'ending'} code for programs
 * @property {string} message for people
 */

/**
 * Returns a URL of the stream of this name, for the attribute `src` of one `<lan-stream>`: it lets one viewer in, once,
 * within half a minute. Permission: `lanstream:allow-open`, which is in `lanstream:default`.
 * @param {string} name
 * @returns {Promise<string>}
 */
export function open(name) {
  return invoke('plugin:lanstream|open', { name });
}

/**
 * Starts a source, as `capture` or `pattern`, as the stream of this name, and returns its URL, as `open` does. It ends
 * by `stop`, or with the page. The application must allow pages the source. Permission: `lanstream:allow-start`.
 * @param {string} name
 * @param {string} source
 * @param {Record<string, OptionValue>} [options] those of the command line, without dashes
 * @returns {Promise<string>}
 */
export function start(name, source, options = {}) {
  return invoke('plugin:lanstream|start', { name, source, options });
}

/**
 * Ends a stream that this page has started. Permission: `lanstream:allow-stop`.
 * @param {string} name
 * @returns {Promise<void>}
 */
export function stop(name) {
  return invoke('plugin:lanstream|stop', { name });
}

/**
 * Tells the errors of this plugin from others.
 * @param {unknown} error
 * @returns {error is StreamError}
 */
export function isStreamError(error) {
  return typeof error === 'object' && error !== null && 'code' in error && 'message' in error;
}
