// Tracker of recent changes: finds a small part of the frame that contains all of the last few. Numbers only.

import { unionOf } from '../rect.js';

/** @typedef {import('../rect.js').Rect} Rect */

/** Consecutive changes in one part until it is reported. */
const CHANGES_MIN = 8;
/** Largest share of the frame that counts as a small part. */
const SHARE_MAX = 1 / 3;
/** Pixels of the frame that must lie outside of it: about what a browser copies in a third of a millisecond. */
const OUTSIDE_PX_MIN = 1 << 19;
/** Margin added around the changes, since they wander, if the part stays small with it. */
const MARGIN_X_PX = 128;
const MARGIN_Y_PX = 64;

export class ActivityTracker {
  #changes = 0;
  #union = /** @type {Rect | null} */ (null);

  /**
   * Takes note of a change.
   * @param {Rect} bounds
   * @param {{ width: number, height: number }} picture
   * @returns {Rect | null} the part that contains them; after that the count begins again
   */
  note(bounds, picture) {
    const union = this.#union === null ? bounds : unionOf(this.#union, bounds);
    const isNear = isSmall(union, picture);
    this.#union = isNear ? union : isSmall(bounds, picture) ? bounds : null;
    this.#changes = isNear ? this.#changes + 1 : this.#union === null ? 0 : 1;
    if (this.#union === null || this.#changes < CHANGES_MIN) return null;
    const wide = widened(this.#union, picture);
    const found = isSmall(wide, picture) ? wide : this.#union;
    this.forget();
    return found;
  }

  forget() {
    this.#changes = 0;
    this.#union = null;
  }
}

/** @param {Rect} rect @param {{ width: number, height: number }} picture */
function isSmall(rect, picture) {
  const px = rect.width * rect.height;
  const allPx = picture.width * picture.height;
  return px <= allPx * SHARE_MAX && allPx - px >= OUTSIDE_PX_MIN;
}

/** @param {Rect} rect @param {{ width: number, height: number }} picture @returns {Rect} */
function widened(rect, picture) {
  const x = Math.max(0, rect.x - MARGIN_X_PX);
  const y = Math.max(0, rect.y - MARGIN_Y_PX);
  const right = Math.min(picture.width, rect.x + rect.width + MARGIN_X_PX);
  const bottom = Math.min(picture.height, rect.y + rect.height + MARGIN_Y_PX);
  return { x, y, width: right - x, height: bottom - y };
}
