// What the buttons of the overlay do to the element.

import { togglePlayback } from './keys.js';

/**
 * @typedef {import('./keys.js').Controls & { fit: import('./layout.js').Fit, audioTracks:
 *   import('./audio-tracks.js').AudioTracks }} Controlled
 */

/**
 * @param {Controlled} element
 * @param {{ toggleFullscreen(): void, toggleSound(): void }} toggles
 * @returns {import('./overlay.js').Actions}
 */
export function actionsOf(element, toggles) {
  return {
    ...toggles,
    toggleStats: () => {
      element.stats = !element.stats;
    },
    setFit: fit => {
      element.fit = fit;
    },
    togglePause: () => togglePlayback(element),
    seek: seconds => {
      element.currentTime = seconds;
    },
    step: () => element.step(),
    nextTrack: () => element.audioTracks.next(),
  };
}
