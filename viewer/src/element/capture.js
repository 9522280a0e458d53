// A stream of the picture, for recorders and connections: a canvas of its own, filled from the frame in memory. The
// canvases in the page cannot be captured: a frame may lie on two of them, or belong to a worker.

/**
 * @typedef {{
 *   requestFrame(callback: () => void): void,
 *   read(): Promise<ImageData>,
 *   signal: AbortSignal,
 * }} Frames `signal` ends the stream
 */

/**
 * @param {Frames} frames
 * @param {number} [fpsMax] frames a second, at most
 * @returns {MediaStream}
 */
export function captureFrames(frames, fpsMax) {
  const canvas = document.createElement('canvas');
  const context = canvas.getContext('2d');
  const stream = canvas.captureStream(fpsMax);
  const isOver = () => frames.signal.aborted || stream.getTracks().every(track => track.readyState === 'ended');
  const draw = async () => {
    if (isOver()) return;
    const image = await frames.read().catch(() => null); // None: there is no picture at this moment.
    if (image !== null) {
      if (canvas.width !== image.width || canvas.height !== image.height)
        Object.assign(canvas, { width: image.width, height: image.height });
      context?.putImageData(image, 0, 0);
    }
    // One reading at a time: what came meanwhile is skipped.
    if (!isOver()) frames.requestFrame(draw);
  };
  frames.signal.addEventListener('abort', () => stream.getTracks().forEach(track => track.stop()), { once: true });
  void draw();
  return stream;
}
