// Style sheet of the element, constructed by script: a <style> would need `unsafe-inline` in the page's policy.
//
// Lengths of text are in rem, so that a reader's own text size holds; what is laid out goes by the element's size, not
// the window's.

const CSS = `
:host {
  display: inline-block; position: relative; overflow: hidden; background: var(--lanstream-background, #000);
  contain: size; contain-intrinsic-size: 300px 150px;
}
:host([hidden]) { display: none; }
.stage { position: absolute; inset: 0; overflow: hidden; outline: none; }
/* Larger pictures scroll, and no bar covers any of them. */
.cropped .stage { overflow: auto; scrollbar-width: none; }
.stage::-webkit-scrollbar { display: none; }
.picture, .overlay-canvas, .cursor { position: absolute; display: block; }
.picture { left: 0; top: 0; width: 0; height: 0; }
.overlay-canvas, .cursor { pointer-events: none; image-rendering: pixelated; }
[hidden] { display: none !important; }
.crisp .picture { image-rendering: pixelated; }
.asleep .stage { cursor: none; }

/* Statistics at the top, the banner in what is left, controls at the bottom; the statistics give way. */
.above {
  position: absolute; inset: 8px; container-type: size; display: grid; gap: 8px; pointer-events: none;
  grid-template: minmax(0, auto) minmax(min-content, 1fr) auto / minmax(0, 1fr);
  color: var(--lanstream-text, #eee); font: 0.8125rem/1.4 system-ui, sans-serif; color-scheme: dark;
  accent-color: var(--lanstream-accent, #6fc3f7);
}
.stats, .banner, .controls {
  margin: 0; border: 1px solid #fff3; border-radius: 8px; background: var(--lanstream-panel, #121417e6);
  box-sizing: border-box;
  overflow: auto; scrollbar-width: thin; pointer-events: auto;
}
.stats {
  grid-row: 1; justify-self: start; max-width: 100%; padding: 8px 12px;
  display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 2px 1em; align-content: start;
  font: 0.75rem/1.45 ui-monospace, monospace; overflow-wrap: anywhere;
}
.stats:empty { display: none; }
.stats dt { color: #9aa4af; }
.stats dd { margin: 0; }
.banner {
  grid-row: 2; place-self: center; max-width: min(36rem, 100%); max-height: 45cqb; padding: 10px 16px;
  font-size: 1rem; text-align: center; text-wrap: balance; overflow-wrap: anywhere;
}
.banner:empty { display: none; }
.controls {
  grid-row: 3; justify-self: end; max-width: 100%; max-height: 50cqb; padding: 6px;
  display: flex; flex-wrap: wrap; justify-content: flex-end; align-items: center; gap: 6px;
}
:host(:not([controls])) .controls { display: none; }
/* Out of sight, not out of the order of focus. */
.asleep .controls:not(:has(:focus-visible)) { opacity: 0; pointer-events: none; }
.film { flex: 1 1 18rem; min-width: 0; display: flex; align-items: center; gap: 8px; }
.controls:has(.film:not([hidden])) { justify-self: stretch; }
.film input { flex: 1 1 6rem; width: 6rem; min-width: 0; margin: 0; height: 1.75rem; cursor: pointer; }
.time { padding: 0 2px; white-space: nowrap; font-variant-numeric: tabular-nums; }
button {
  min-height: 1.75rem; padding: 0.2em 0.75em; border: 1px solid #fff3; border-radius: 6px; background: #2a2e34;
  color: inherit; font: inherit; max-width: 100%; overflow: hidden; text-overflow: ellipsis; white-space: nowrap;
  cursor: pointer; touch-action: manipulation;
}
button:hover { background: #3a4048; }
button[aria-pressed="true"] { background: #2b5876; border-color: var(--lanstream-accent, #6fc3f7); }
:focus-visible { outline: 2px solid var(--lanstream-accent, #6fc3f7); outline-offset: 1px; }
/* Room for a finger. */
@media (pointer: coarse) {
  button, .film input { min-height: 44px; }
}
/* Where all of it does not fit side by side, a film's place has a line of its own. */
@container (width < 40rem) {
  .controls { justify-self: stretch; justify-content: flex-start; }
  .film { display: contents; }
  .film input { order: -2; flex-basis: 60%; }
  .time { order: -1; }
}
`;

/** @type {CSSStyleSheet | null} */
let sheet = null;

/**
 * One sheet for all elements of the page, and one for this element's own size.
 * @param {ShadowRoot} root
 * @returns {IntrinsicSize}
 */
export function adoptStyle(root) {
  if (sheet === null) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(CSS);
  }
  const size = new IntrinsicSize();
  root.adoptedStyleSheets = [sheet, size.sheet];
  return size;
}

/**
 * The size that the element has by itself, as <video> has its picture's; what a page says of its size goes first. It is
 * in a style sheet and not in the element's `style`, which belongs to the page.
 */
class IntrinsicSize {
  sheet = new CSSStyleSheet();
  #text = '';

  /**
   * One pixel of the picture is one of the screen; 300 by 150 CSS pixels where there is no picture.
   * @param {{ width: number, height: number }} picture
   * @param {number} devicePixelRatio
   */
  follow({ width, height }, devicePixelRatio) {
    const text =
      width === 0
        ? ''
        : `:host { aspect-ratio: ${width} / ${height}; contain-intrinsic-size: ${width / devicePixelRatio}px ${
            height / devicePixelRatio
          }px; }`;
    if (text !== this.#text) this.sheet.replaceSync(text);
    this.#text = text;
  }
}
