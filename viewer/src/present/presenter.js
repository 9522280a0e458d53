// The contract of presenters: objects that show frames on a canvas. A presenter is a file and a row of table.js.
//
// Order of calls: `resize` first and again for each new size or format, `planes` right after it for a frame in planes;
// then, for each update, `prepare`, `paint` and `commit`. `close` is last.

/**
 * @typedef {import('../rect.js').Rect} Rect
 * @typedef {import('../decode/planar.js').Planar} Planar
 * @typedef {import('../decode/planar.js').Size} Size
 */

/**
 * Pixels of a part of a frame, row by row, or cells of planes; four bytes each.
 * @typedef {{ bytes: Uint8ClampedArray<ArrayBuffer>, x: number, y: number, width: number, height: number }} Pixels
 */

/**
 * Destination of painting. `paint` writes parts of a frame, each within `pixels`; `commit` shows everything painted
 * since the previous `commit` at once.
 * @typedef {{ paint(pixels: Pixels, rects: readonly Rect[]): void, commit(): void }} Target
 */

/**
 * Destination of the cells of a frame in planes.
 * @typedef {Target} PlanesTarget
 */

/**
 * - `resize` sets the size; the content is undefined afterwards.
 * - `prepare` receives the bounds of the next update; a promise that it returns is awaited before `paint`.
 * - `planes` returns a target for cells if the presenter converts planes itself, else null.
 * - `read` returns red, green, blue, 255 of the canvas, row by row; for proofs only.
 * - `finish` waits until queued painting is done; for measurements only.
 * @typedef {Target & {
 *   resize(width: number, height: number): void,
 *   prepare?(bounds: Rect): Promise<void> | null,
 *   planes?(planar: Planar, size: Size): PlanesTarget | null,
 *   read(): Uint8ClampedArray<ArrayBuffer>,
 *   finish?(): void,
 *   close(): void,
 * }} Presenter
 */

/**
 * The frame on display: `pixels` returns those around a rectangle; `lost` reports that the canvas lost its content.
 * @typedef {{ pixels(rect: Rect): Pixels, lost(): void }} Shown
 */

/**
 * A second canvas in the page, over the frame's: `show` places it over a part of the frame and returns false if its
 * pixels would not align with the frame's; `refused` is called when they no longer align.
 * @typedef {{
 *   readonly canvas: HTMLCanvasElement,
 *   show(rect: Rect): boolean,
 *   hide(): void,
 *   refused: () => void,
 * }} Layer
 */

/**
 * Opens a presenter on a canvas; throws if this browser or canvas does not support it. `layer` is null where the page
 * does not paint itself, as in a worker.
 * @typedef {(canvas: OffscreenCanvas | HTMLCanvasElement, shown: Shown, layer: Layer | null) => Presenter} Open
 */

export {};
