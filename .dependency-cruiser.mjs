/**
 * What may import what in the library: each folder is a row of `LIBRARY`, and may import itself, the folders of its row
 * and the packages of its row. Data flows from the first row to the last, so an import from a row to a later one is an
 * error. `npm run lint` checks the sources; `test/package/imports.e2e-spec.ts` checks that violations are found.
 */

/** Below everything else: nothing in these folders knows what a call is. */
const BASE = ['runtime', 'text', 'units', 'validation'];
const WIRE = [
  'wire',
  'wire/json',
  'wire/dialects',
  'wire/content',
  'wire/formats',
  'wire/exchanges',
  'wire/streams',
  'wire/batches',
  'wire/transports',
];
/** What the folders to the right of `calls` may import. */
const CALLS = [...BASE, ...WIRE, 'calls'];

const NEST = '@nestjs/common';
const OTEL = '@opentelemetry/api';

/**
 * A row without `folders` may import every folder. A row with a slash is a part of a folder with rules of its own: it
 * does not belong to the row of the folder.
 */
const LIBRARY = {
  runtime: { folders: [], packages: [OTEL] },
  text: { folders: [], packages: [] },
  units: { folders: [], packages: [] },
  validation: { folders: ['runtime'], packages: ['valibot'] },
  // Files directly in `wire` are what its parts share. Each part may import the parts before it.
  ...Object.fromEntries(
    WIRE.map((name, index) => [name, { folders: [...BASE, ...WIRE.slice(0, index)], packages: [] }]),
  ),
  calls: { folders: CALLS, packages: [] },
  'calls/methods': { folders: CALLS, packages: ['rxjs'] },
  pricing: { folders: CALLS, packages: ['@humanwhocodes/momoa', '@pydantic/genai-prices'] },
  sinks: { folders: CALLS, packages: [NEST, OTEL] },
  store: {
    folders: CALLS,
    // What the entry point exports. It loads the cases when they run.
    files: ['store/conformance/conformance-options.ts', 'store/conformance/conformance.ts'],
    packages: [],
  },
  // Shares no code with the stores that it tests, apart from the histogram of quantiles.
  'store/conformance': { folders: [...CALLS, 'store'], packages: [] },
  // What all databases share, and then one folder for each.
  'store/core': { folders: [...CALLS, 'store'], packages: [] },
  'store/sqlite': { folders: [...CALLS, 'store', 'store/core'], packages: [] },
  // Calls on their way to a shared database, in SQLite files.
  'store/outbox': { folders: [...CALLS, 'store', 'store/core', 'store/sqlite'], packages: [] },
  'store/postgres': { folders: [...CALLS, 'store', 'store/core'], packages: ['pg'] },
  'store/clickhouse': { folders: [...CALLS, 'store', 'store/core'], packages: ['@clickhouse/client'] },
  // The worker, and its client in the application's thread.
  'store/thread': {
    folders: [
      ...CALLS,
      'store',
      'store/core',
      'store/sqlite',
      'store/outbox',
      'store/postgres',
      'store/clickhouse',
    ],
    packages: [],
  },
  // Moves a store to another database.
  'store/import': {
    folders: [...CALLS, 'store', 'store/core', 'store/sqlite', 'store/postgres'],
    packages: [],
  },
  budgets: { folders: [...CALLS, 'store'], packages: [NEST] },
  'budgets/redis': { folders: [...CALLS, 'store', 'store/core', 'budgets'], packages: [NEST, 'ioredis'] },
  analytics: { folders: [...CALLS, 'pricing', 'store', 'budgets'], packages: [NEST] },
  // Of `sinks`: the form of log lines.
  alerts: { folders: [...CALLS, 'sinks', 'store'], packages: [NEST, OTEL] },
  'dashboard/api': {
    folders: [...CALLS, 'store', 'budgets', 'analytics', 'alerts'],
    packages: [],
  },
  'dashboard/server': {
    // Of `sinks`: the counts of captured requests.
    folders: [...CALLS, 'sinks', 'store', 'budgets', 'analytics', 'alerts', 'dashboard/api'],
    packages: [NEST, '@nestjs/core', OTEL, 'cookie', 'rxjs'],
  },
  // Runs in a browser. Everything but types of the API would pull in the server.
  'dashboard/ui': {
    folders: ['dashboard/api'],
    files: [
      'alerts/alert-value.ts',
      'calls/cost.ts',
      'calls/model-version.ts',
      'units/format.ts',
      'units/time.ts',
      'wire/transports/missed-transports.ts',
      'wire/usage.ts',
      'wire/usage-table.ts',
    ],
    packages: ['preact', 'uplot'],
  },
  nest: { packages: [NEST, '@nestjs/core', OTEL, 'rxjs'] },
  // The emulator shares no code with what it tests. Of the SDKs it uses types only.
  'testing/model': { folders: [], packages: ['gpt-tokenizer'] },
  'testing/dialects': { folders: ['testing/model'], packages: [] },
  'testing/providers': {
    folders: ['testing/model', 'testing/dialects'],
    packages: ['openai', '@anthropic-ai/sdk'],
  },
  testing: {
    folders: ['runtime', 'testing/model', 'testing/dialects', 'testing/providers'],
    packages: ['ws'],
  },
  cli: {
    folders: [...BASE, 'pricing', 'store', 'store/import', 'store/postgres', 'store/clickhouse'],
    files: ['wire/usage.ts'],
    packages: [],
  },
};

/** Packages that decorators need at run time, whoever uses them. */
const ANYWHERE = ['reflect-metadata'];

const SOURCES = 'src/llm-telemetry';
/** Specs may import what they test with. */
const SPEC = '[.]spec[.]tsx?$';
/** Exports what the parts of `wire` declare. Nothing inside imports it. */
const ENTRY_POINT_OF_WIRE = `^${SOURCES}/wire/index[.]ts$`;

const escaped = (text) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
const either = (parts) => (parts.length > 0 ? `(?:${parts.join('|')})` : '(?!)');

/** Matches what is in a row, without the rows that are parts of it. */
function inRow(name) {
  const parts = Object.keys(LIBRARY)
    .filter((other) => other.startsWith(`${name}/`))
    .map((other) => escaped(other.slice(name.length + 1)));
  return parts.length > 0 ? `${escaped(name)}/(?!${either(parts)}/)` : `${escaped(name)}/`;
}

function rulesOf([name, { folders, files = [], packages }]) {
  const from = { path: `^${SOURCES}/${inRow(name)}`, pathNot: [SPEC, ENTRY_POINT_OF_WIRE] };
  const allowed = [...[name, ...(folders ?? [])].map(inRow), ...files.map((file) => `${escaped(file)}$`)];
  const allowedPackages = either([...packages, ...ANYWHERE].map(escaped));
  const ofFolders = {
    name: `folders of ${name}`,
    comment: `${name} may import ${folders?.join(', ') || 'no other folder'}.`,
    severity: 'error',
    from,
    to: { path: `^${SOURCES}/`, pathNot: `^${SOURCES}/${either(allowed)}` },
  };
  const ofPackages = {
    name: `packages of ${name}`,
    comment: `${name} may import ${packages.join(', ') || 'no package'}.`,
    severity: 'error',
    from,
    to: { path: '(?:^|/)node_modules/', pathNot: `(?:^|/)node_modules/${allowedPackages}/` },
  };
  return folders === undefined ? [ofPackages] : [ofFolders, ofPackages];
}

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'no circles',
      comment:
        'Files must not import each other in a circle, types included. Move what they share below them.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no folder without a row',
      comment: 'Add a row to .dependency-cruiser.mjs.',
      severity: 'error',
      from: { path: `^${SOURCES}/(?!${either(Object.keys(LIBRARY).map(inRow))}|[^/]+$)` },
      to: {},
    },
    ...Object.entries(LIBRARY).flatMap(rulesOf),
    {
      name: 'types of SDKs only',
      comment: 'The library does not depend on the SDKs: use `import type`.',
      severity: 'error',
      from: { path: `^${SOURCES}/`, pathNot: SPEC },
      to: {
        path: '(?:^|/)node_modules/(?:openai|@anthropic-ai/sdk)/',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'no entry points inside',
      comment: 'Entry points are for applications. Import the file that declares what is needed.',
      severity: 'error',
      from: { path: `^${SOURCES}/[^/]+/`, pathNot: SPEC },
      to: { path: [`^${SOURCES}/[^/]+$`, ENTRY_POINT_OF_WIRE] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // Sees imports of types, which the compiler removes.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['types', 'import', 'node', 'default'],
    },
  },
};
