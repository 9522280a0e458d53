"use strict";
var __TAURI_PLUGIN_LANSTREAM__ = (() => {
  var __defProp = Object.defineProperty;
  var __getOwnPropDesc = Object.getOwnPropertyDescriptor;
  var __getOwnPropNames = Object.getOwnPropertyNames;
  var __hasOwnProp = Object.prototype.hasOwnProperty;
  var __export = (target, all) => {
    for (var name in all)
      __defProp(target, name, { get: all[name], enumerable: true });
  };
  var __copyProps = (to, from, except, desc) => {
    if (from && typeof from === "object" || typeof from === "function") {
      for (let key of __getOwnPropNames(from))
        if (!__hasOwnProp.call(to, key) && key !== except)
          __defProp(to, key, { get: () => from[key], enumerable: !(desc = __getOwnPropDesc(from, key)) || desc.enumerable });
    }
    return to;
  };
  var __toCommonJS = (mod) => __copyProps(__defProp({}, "__esModule", { value: true }), mod);

  // guest-js/index.js
  var index_exports = {};
  __export(index_exports, {
    isStreamError: () => isStreamError,
    open: () => open,
    start: () => start,
    stop: () => stop
  });

  // guest-js/global-core.js
  function invoke(command, payload) {
    return (
      /** @type {any} */
      window.__TAURI__.core.invoke(command, payload)
    );
  }

  // guest-js/index.js
  function open(name) {
    return invoke("plugin:lanstream|open", { name });
  }
  function start(name, source, options = {}) {
    return invoke("plugin:lanstream|start", { name, source, options });
  }
  function stop(name) {
    return invoke("plugin:lanstream|stop", { name });
  }
  function isStreamError(error) {
    return typeof error === "object" && error !== null && "code" in error && "message" in error;
  }
  return __toCommonJS(index_exports);
})();
"__TAURI__" in window && Object.defineProperty(window.__TAURI__, "lanstream", { value: __TAURI_PLUGIN_LANSTREAM__ });
