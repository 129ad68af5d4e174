import stylistic from '@stylistic/eslint-plugin';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

/** Rules that need types, one by one: the whole type-checked preset costs time and argues about taste. */
const typeChecked = {
  '@typescript-eslint/await-thenable': 'error',
  '@typescript-eslint/no-floating-promises': 'error',
  '@typescript-eslint/no-misused-promises': 'error',
  '@typescript-eslint/no-unnecessary-type-assertion': 'error',
  '@typescript-eslint/no-for-in-array': 'error',
  '@typescript-eslint/no-base-to-string': 'error',
  '@typescript-eslint/only-throw-error': ['error', { allowThrowingAny: true, allowThrowingUnknown: true }],
  '@typescript-eslint/prefer-promise-reject-errors': ['error', { allowThrowingUnknown: true, allowThrowingAny: true }],
  '@typescript-eslint/require-array-sort-compare': ['error', { ignoreStringArrays: true }],
  '@typescript-eslint/return-await': ['error', 'error-handling-correctness-only'],
  '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
};

const untyped = {
  '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }],
  '@typescript-eslint/no-explicit-any': 'error',
  '@typescript-eslint/no-unused-vars': [
    'error',
    { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
  ],
  // Interfaces of one member and void-returning callbacks are how ports are written here.
  '@typescript-eslint/no-invalid-void-type': 'off',
  'no-empty': ['error', { allowEmptyCatch: false }],
  'no-console': 'error',
  'no-restricted-syntax': [
    'error',
    { selector: 'TSEnumDeclaration', message: 'Use a union of literals, or an object `as const`.' },
    { selector: 'ExportDefaultDeclaration', message: 'Export by name, so that a search finds every use.' },
  ],
  eqeqeq: ['error', 'always', { null: 'ignore' }],
  'max-params': ['error', 4],
  'prefer-const': 'error',
};

/** Code that is reproducible for a seed: the simulation replaces time and chance of `primitives/system.ts`. */
const reproducible = ['primitives', 'runtime', 'sinks', 'adapters', 'jobs', 'processors', 'processes', 'topology'];
const useSystem = 'Use a `Clock`, a `random` argument, or `system` of primitives/system.ts.';
const timers = ['setTimeout', 'setInterval', 'setImmediate'];
const noFreeTime = {
  'no-restricted-globals': ['error', ...timers.map((name) => ({ name, message: useSystem }))],
  'no-restricted-imports': [
    'error',
    ...['timers', 'timers/promises', 'node:timers', 'node:timers/promises'].map((name) => ({
      name,
      message: useSystem,
    })),
  ],
  'no-restricted-properties': [
    'error',
    ...timers.map((property) => ({ object: 'globalThis', property, message: useSystem })),
    { object: 'Date', property: 'now', message: useSystem },
    { object: 'performance', property: 'now', message: useSystem },
    { object: 'Math', property: 'random', message: useSystem },
    { object: 'AbortSignal', property: 'timeout', message: useSystem },
  ],
  'no-restricted-syntax': [
    ...untyped['no-restricted-syntax'],
    { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: useSystem },
    { selector: "CallExpression[callee.name='Date']", message: useSystem },
  ],
};

export default defineConfig(
  { ignores: ['dist/', 'node_modules/', 'coverage/', '**/target/', '**/vendor/', '.*/', '**/.*.ts'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    // Prettier wraps code at 120 characters; comments are wrapped by hand.
    // A sentence stays one string, so that a search finds it.
    files: ['**/*.{ts,mjs,cjs,js}'],
    plugins: { '@stylistic': stylistic },
    rules: {
      '@stylistic/max-len': [
        'error',
        { code: 120, ignoreUrls: true, ignoreStrings: true, ignoreTemplateLiterals: true, ignoreRegExpLiterals: true },
      ],
    },
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strict],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: { ...untyped, ...typeChecked },
  },
  // Loops over pixels, tensors and bytes, where an index is in range by construction and a check would cost.
  {
    files: [
      'models/**',
      'training/**',
      'processors/decoding/**',
      'processors/image-quality.ts',
      'runtime/kafka/decoding/crc32c.ts',
    ],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off' },
  },
  // Programs that a person runs print; tests may assert that something is there by using it.
  {
    files: ['cli/**', 'bench/**', 'chaos/**', 'scripts/**', 'training/**', 'local/**'],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['test/**'],
    // The rows of a table of cases are parameters of its test.
    rules: { '@typescript-eslint/no-non-null-assertion': 'off', 'no-console': 'off', 'max-params': 'off' },
  },
  {
    files: reproducible.map((folder) => `${folder}/**`),
    ignores: ['primitives/system.ts'],
    rules: noFreeTime,
  },
  // Tools that want their configuration as the default export.
  { files: ['*.config.ts'], rules: { 'no-restricted-syntax': 'off' } },
);
