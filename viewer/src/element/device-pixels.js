// Changes of the ratio of device pixels to CSS pixels, as when a window moves to another screen.

/**
 * Calls `changed` at each change until `signal` is aborted. The query names one ratio, so each change needs a new one.
 * @param {() => void} changed
 * @param {AbortSignal} signal
 */
export function followDevicePixels(changed, signal) {
  matchMedia(`(resolution: ${devicePixelRatio}dppx)`).addEventListener(
    'change',
    () => {
      changed();
      if (!signal.aborted) followDevicePixels(changed, signal);
    },
    { once: true, signal },
  );
}
