// Starts the worker that does everything, and tells it the certificate's hash.

const worker = new Worker('worker.js', { type: 'module' });
worker.postMessage(document.body.dataset['hash']);
