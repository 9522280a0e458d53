// What the page may ask of the main process: the URL of the stream, and nothing else. A preload script of a sandboxed
// page is a CommonJS module.

const { contextBridge, ipcRenderer } = require('electron');

contextBridge.exposeInMainWorld('lanstream', {
  /** @returns {Promise<string>} */
  url: () => ipcRenderer.invoke('lanstream:url'),
});
