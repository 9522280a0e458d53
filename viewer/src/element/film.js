// The playback controls of a film: position, time, single frame, audio track. Not their effect
// (../lan-stream.js), nor the controls of every source (overlay.js).

/**
 * @typedef {import('../session/engine.js').State} State
 * @typedef {{ seek(seconds: number): void, step(): void, nextTrack(): void }} FilmActions
 */

/** Step of the range's keys; most films have shorter frames. */
const STEP_S = 0.1;

export class FilmBar {
  element = document.createElement('div');
  #place = document.createElement('input');
  #time = document.createElement('span');
  #step = document.createElement('button');
  #track = document.createElement('button');
  /** Whether the slider is dragged: then it does not follow the film. */
  #isHeld = false;

  /** @param {FilmActions} actions */
  constructor(actions) {
    this.element.className = 'film';
    this.element.hidden = true;
    this.#place.type = 'range';
    this.#place.part.add('slider');
    this.#place.min = '0';
    this.#place.step = String(STEP_S);
    this.#place.setAttribute('aria-label', 'place in the film');
    this.#place.addEventListener('input', () => {
      this.#isHeld = true;
      actions.seek(Number(this.#place.value));
    });
    this.#place.addEventListener('change', () => {
      this.#isHeld = false;
    });
    this.#time.className = 'time';
    this.#time.part.add('time');
    this.#step.type = 'button';
    this.#step.part.add('button');
    this.#step.textContent = 'step';
    this.#step.setAttribute('aria-label', 'pause, and show the next picture (.)');
    this.#step.addEventListener('click', () => actions.step());
    this.#track.type = 'button';
    this.#track.part.add('button');
    this.#track.addEventListener('click', () => actions.nextTrack());
    this.element.append(this.#place, this.#time, this.#step, this.#track);
  }

  /** @param {State} state */
  show({ hasPlayback, canSeek, durationS, timeS, tracks, track }) {
    this.element.hidden = !hasPlayback;
    this.#showTrack(tracks, track);
    this.#place.hidden = !canSeek || durationS === null;
    const text = timeText(timeS, durationS);
    if (this.#time.textContent !== text) this.#time.textContent = text;
    if (durationS === null) return;
    this.#place.max = String(durationS);
    if (!this.#isHeld && timeS !== null) this.#place.value = String(timeS);
    this.#place.setAttribute('aria-valuetext', text);
  }

  /**
   * Shows the button of audio tracks if there is more than one.
   * @param {string[]} tracks
   * @param {number | null} track
   */
  #showTrack(tracks, track) {
    this.#track.hidden = tracks.length < 2;
    const name = track === null ? '' : (tracks[track] ?? '');
    if (this.#track.textContent !== name) this.#track.textContent = name;
    this.#track.setAttribute('aria-label', `track of sound: ${name}; change to the next`);
  }
}

/** @param {number | null} timeS @param {number | null} durationS */
export function timeText(timeS, durationS) {
  if (timeS === null) return '';
  const hasHours = Math.max(timeS, durationS ?? 0) >= 3600;
  return durationS === null
    ? clockText(timeS, hasHours)
    : `${clockText(timeS, hasHours)} / ${clockText(durationS, hasHours)}`;
}

/** @param {number} seconds @param {boolean} hasHours */
function clockText(seconds, hasHours) {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const tail = `${String(minutes).padStart(hasHours ? 2 : 1, '0')}:${String(rest).padStart(2, '0')}`;
  return hasHours ? `${hours}:${tail}` : tail;
}
