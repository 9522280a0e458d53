// Measures frames and bytes of pixels a second that a page gets: through the element, and through `ipc::Response`.

import 'lanstream-viewer';
import { invoke } from '@tauri-apps/api/core';
import { open } from 'tauri-plugin-lanstream-api';

/** Size of the images. */
const SIZE = [1920, 1080];
/** Time of each measurement, and before it for things to settle. */
const MEASURE_MS = 6000;
const SETTLE_MS = 2000;

const wait = ms => new Promise(resolve => setTimeout(resolve, ms));

/** Frames a second that the element shows. */
async function shown() {
  const element = document.createElement('lan-stream');
  document.body.append(element);
  element.src = await open('renderer');
  let frames = 0;
  const count = (_now, { presentedFrames }) => {
    frames = presentedFrames;
    element.requestVideoFrameCallback(count);
  };
  element.requestVideoFrameCallback(count);
  await wait(SETTLE_MS);
  const [first, began] = [frames, performance.now()];
  await wait(MEASURE_MS);
  const perSecond = ((frames - first) / (performance.now() - began)) * 1000;
  element.remove();
  return { frames: perSecond };
}

/**
 * Frames and bytes a second that `invoke` brings, one call after the other.
 * @param {(frame: ArrayBuffer) => void} use
 */
async function invoked(use) {
  await invoke('frame');
  const began = performance.now();
  let frames = 0;
  let bytes = 0;
  while (performance.now() - began < MEASURE_MS) {
    const frame = await invoke('frame');
    use(frame);
    frames += 1;
    bytes += frame.byteLength;
  }
  const seconds = (performance.now() - began) / 1000;
  return { frames: frames / seconds, bytes: bytes / seconds };
}

/** The same, painted on a canvas, as who has no element would. */
async function painted() {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = SIZE;
  document.body.append(canvas);
  const context = canvas.getContext('2d', { alpha: false });
  const result = await invoked(frame =>
    context.putImageData(new ImageData(new Uint8ClampedArray(frame), ...SIZE), 0, 0),
  );
  canvas.remove();
  return result;
}

try {
  const result = {};
  for (const load of ['box', 'all']) {
    await invoke('set_load', { load });
    result[load] = await shown();
  }
  result.ipc = await invoked(() => {});
  result.ipcPainted = await painted();
  await invoke('report', { result });
} catch (error) {
  await invoke('report', { result: { error: String(error.message ?? error) } });
}
