// Stands for `@tauri-apps/api/core` in api-iife.js: pages without a bundler have Tauri's own calls in a global.

/** @param {string} command @param {Record<string, unknown>} payload */
export function invoke(command, payload) {
  return /** @type {any} */ (window).__TAURI__.core.invoke(command, payload);
}
