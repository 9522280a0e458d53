// Rules beside the compiler's (tsconfig.json) and the formatter's (package.json): what neither of them looks for.

import js from '@eslint/js';

/** Columns of a line, comments and texts included. The formatter leaves those as they are. */
const COLUMNS_MAX = 120;

export default [
  js.configs.recommended,
  {
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      // The compiler knows the names of browsers, workers and worklets.
      'no-undef': 'off',
      'no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      'max-len': ['error', { code: COLUMNS_MAX, comments: COLUMNS_MAX, tabWidth: 2 }],
      'one-var': ['error', 'never'],
      'no-var': 'error',
      'prefer-const': 'error',
      eqeqeq: 'error',
    },
  },
];
