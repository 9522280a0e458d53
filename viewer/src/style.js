// The looks of the element, as a sheet that scripts make: a <style> would need `unsafe-inline` in the page's policy.

const CSS = `
:host { display: block; position: relative; overflow: hidden; background: #000; }
:host([hidden]) { display: none; }
.stage { position: absolute; inset: 0; overflow: hidden; outline: none; }
/* Larger pictures scroll, and no bar covers any of them. */
.cropped .stage { overflow: auto; scrollbar-width: none; }
.stage::-webkit-scrollbar { display: none; }
.picture, .inset, .cursor { position: absolute; display: block; }
.picture { left: 0; top: 0; width: 0; height: 0; }
.inset, .cursor { pointer-events: none; image-rendering: pixelated; }
[hidden] { display: none !important; }
.crisp .picture { image-rendering: pixelated; }
.asleep .stage { cursor: none; }

.stats, .banner, .controls {
  position: absolute; margin: 0; padding: 8px 12px; border-radius: 6px;
  border: 1px solid #555; background: #111e; color: #eee; font: 12px/1.5 ui-monospace, monospace;
}
.stats { left: 8px; top: 8px; pointer-events: none; white-space: pre-wrap; max-width: calc(100% - 40px); }
.banner { left: 50%; top: 50%; transform: translate(-50%, -50%); font-family: system-ui, sans-serif; font-size: 15px; }
.banner:empty { display: none; }
.controls { right: 8px; bottom: 8px; display: flex; gap: 6px; padding: 6px; }
/* Out of sight, not out of the order of focus. */
.asleep .controls:not(:has(:focus-visible)) { opacity: 0; pointer-events: none; }
.film { display: flex; align-items: center; gap: 6px; }
.film input { width: min(40vw, 480px); }
.time { white-space: nowrap; }
button { padding: 4px 10px; border: 1px solid #888; border-radius: 4px; background: #222; color: inherit; font: inherit; cursor: pointer; }
button[aria-pressed="true"] { background: #456; }
button:focus-visible { outline: 2px solid #9cf; }
`;

/** @type {CSSStyleSheet | null} */
let sheet = null;

/** One sheet for all elements of the page. @param {ShadowRoot} root */
export function adoptStyle(root) {
  if (sheet === null) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(CSS);
  }
  root.adoptedStyleSheets = [sheet];
}
