// Keys of the element: what each does to a source that can be controlled.

/** Seconds that an arrow key seeks. */
const SEEK_S = 5;

/**
 * @typedef {{
 *   stats: boolean, paused: boolean, currentTime: number, play(): Promise<void>, pause(): void, step(): void,
 * }} Controls
 */

/**
 * @param {KeyboardEvent} event
 * @param {Controls} controls
 * @param {{ hasPlayback: boolean, toggleSound: () => void }} film
 */
export function handleKey(event, controls, { hasPlayback, toggleSound }) {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.key === 's') controls.stats = !controls.stats;
  const [target] = event.composedPath();
  // A button or a slider that has the focus has its own use for the others.
  if (!hasPlayback || target instanceof HTMLButtonElement || target instanceof HTMLInputElement) return;
  if (event.key === ' ' || event.key === 'k') {
    togglePlayback(controls);
  } else if (event.key === '.') controls.step();
  else if (event.key === 'm') toggleSound();
  else if (event.key === 'ArrowLeft') controls.currentTime -= SEEK_S;
  else if (event.key === 'ArrowRight') controls.currentTime += SEEK_S;
  else return;
  event.preventDefault(); // A space would scroll.
}

/** @param {Pick<Controls, 'paused' | 'play' | 'pause'>} controls */
export function togglePlayback(controls) {
  // What keeps it from playing is said in the banner and by an event.
  if (controls.paused) controls.play().catch(() => {});
  else controls.pause();
}
