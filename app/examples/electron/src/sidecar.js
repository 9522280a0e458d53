// lanstream as a child process: started, asked for its URL, and ended with the application.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** Characters of what lanstream says on standard error that an error message has. */
const REASON_LENGTH_MAX = 2000;

/**
 * @typedef {object} Sidecar
 * @property {Promise<string>} url of the page and of the element, with the secret of this run; it rejects if lanstream
 *   ends before it has one
 * @property {() => void} stop tells viewers that it is over, and ends the process
 */

/**
 * Starts lanstream on a free port.
 * @param {string} command
 * @param {readonly string[]} args
 * @returns {Sidecar}
 */
export function start(command, args) {
  const child = spawn(command, [...args, '--port', '0', '--json'], { stdio: ['ignore', 'pipe', 'pipe'] });
  let reason = '';
  child.stderr.setEncoding('utf8').on('data', text => {
    reason = (reason + text).slice(-REASON_LENGTH_MAX);
  });
  /** @type {Promise<string>} */
  const url = new Promise((resolve, reject) => {
    // The lines after the first are events of the run. They are read so that their pipe stays empty.
    createInterface({ input: child.stdout }).on('line', line => {
      const event = JSON.parse(line);
      if (event.event === 'ready') resolve(event.url);
    });
    child.once('error', error => reject(new Error(`${command} cannot be started: ${error.message}`)));
    child.once('close', status => reject(new Error(`it ended with status ${status}: ${reason.trim()}`)));
  });
  return { url, stop: () => void child.kill('SIGTERM') };
}
