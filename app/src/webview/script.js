// Tells the window what it has to know of the page: the size of the picture, and what is wrong.
(() => {
  const tell = message => window.ipc.postMessage(JSON.stringify(message));
  /** @param {Event} event */
  const isOurs = event => event.target instanceof Element && event.target.localName === 'lan-stream';
  // Neither event bubbles, and the element is not there yet: they are caught on their way down.
  addEventListener(
    'resize',
    event => {
      if (!isOurs(event)) return;
      const { videoWidth: width, videoHeight: height } = event.target;
      tell({ picture: { width, height } });
    },
    true,
  );
  addEventListener(
    'error',
    event => {
      if (isOurs(event)) tell({ trouble: { text: event.message } });
    },
    true,
  );
})();
