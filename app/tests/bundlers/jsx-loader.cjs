// Translates JSX for webpack.

const { transformSync } = require('esbuild');
module.exports = source => transformSync(source, { loader: 'jsx', jsx: 'automatic' }).code;
