// Builds the two pages of the example.

import { defineConfig } from 'vite';

export default defineConfig({
  // The packages are linked, so their files lie outside of this folder: only the development server minds.
  server: { port: 1420, strictPort: true, fs: { allow: ['../../../../..'] } },
  build: {
    outDir: '../dist',
    emptyOutDir: true,
    // The page's policy has no `data:`.
    assetsInlineLimit: 0,
    rollupOptions: { input: ['page/index.html', 'page/measure.html'] },
  },
});
