/**
 * Bundles the compiled modules of the library as CommonJS, once for both module formats, and writes an ES module for each
 * entry point, which exports what the CommonJS file exports. See docs/decisions/0011-one-bundle-for-both-formats.md.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { rolldown } from 'rolldown';

/** Compiled modules, which are not published. */
const MODULES = 'dist/modules/llm-telemetry';
const ESM = 'dist/esm/llm-telemetry';
const CJS = 'dist/cjs/llm-telemetry';

/** Modules that are no entry points of applications. */
const PROGRAMS = ['cli/main', 'runtime/require-node', 'store/thread/main'];

/** Modules that do more than declare something when they are evaluated. */
const WITH_EFFECTS = /(?:register|require-node|main)\.js$|^reflect-metadata$/;

/** Packages of ES modules only. Before Node 24.9, CommonJS cannot load them in Jest, and so ES modules hand them over. */
const ES_PACKAGES = ['@nestjs/common', '@nestjs/core'];

/** @param {readonly string[]} entries - compiled modules of the entry points, without their ending */
export async function bundle(entries) {
  const bundler = await rolldown({
    input: Object.fromEntries([...entries, ...PROGRAMS].map((module) => [module, pathOf(module)])),
    platform: 'node',
    external: (source) => /^[^./]/.test(source) && !ES_PACKAGES.includes(source),
    preserveEntrySignatures: 'strict',
    treeshake: { moduleSideEffects: (id) => WITH_EFFECTS.test(id) },
    plugins: [
      { name: 'packages-handed-over', resolveId: resolveEsPackage },
      { name: 'modules', moduleParsed: (module) => void modules.set(module.id, module) },
    ],
  });
  await bundler.write({
    dir: CJS,
    format: 'cjs',
    comments: false,
    // Local names only, which saves 40 kB: stack traces show names of functions and lines.
    minify: {
      compress: false,
      mangle: { toplevel: false, keepNames: true },
      codegen: { removeWhitespace: false },
    },
    // `import()` in CommonJS fails in Jest.
    dynamicImportInCjs: false,
    entryFileNames: '[name].js',
    chunkFileNames: 'chunks/[name].js',
    codeSplitting: { groups: [groupFor('tap', 2), groupFor('base', 1)] },
  });
  await bundler.close();
  writeEsPackages();
  for (const module of entries) writeEsModule(module);
}

function pathOf(module) {
  return resolve(MODULES, `${module}.js`);
}

function groupFor(name, priority) {
  return { debugName: name, priority, name: (id) => (groupOf(id) === name ? name : null) };
}

/**
 * Returns the chunk of code that several files load, so that an import reads few files: `tap` contains the code of
 * `register`, and `base` the other code of the main entry point that uses no package. Rolldown divides the rest.
 */
function groupOf(id) {
  const reached = (module) => reachedFrom(pathOf(module));
  // An entry point has effects, which code that uses something of it must not have.
  if (modules.get(id).isEntry || reached('runtime/require-node').has(id)) return null;
  if (reached('register').has(id)) return 'tap';
  return reached('index').has(id) && ![...reachedFrom(id)].some(isPackage) ? 'base' : null;
}

/** Modules as Rolldown reads them, by id. */
const modules = new Map();
const reachedByModule = new Map();

/** Returns a module, what it imports, and what that imports: modules and packages. */
function reachedFrom(id) {
  const known = reachedByModule.get(id);
  if (known) return known;
  const reached = new Set([id]);
  // A set is iterated up to the elements that are added meanwhile.
  for (const next of reached)
    for (const imported of modules.get(next)?.importedIds ?? []) reached.add(imported);
  reachedByModule.set(id, reached);
  return reached;
}

function isPackage(id) {
  return !id.startsWith(resolve(MODULES)) && !id.startsWith('node:');
}

/** File that CommonJS loads instead of a package of `ES_PACKAGES`. */
function fileOf(name) {
  return `${CJS}/packages/${name}.js`;
}

function resolveEsPackage(source) {
  return ES_PACKAGES.includes(source) ? { id: resolve(fileOf(source)), external: 'relative' } : null;
}

/** Writes the files of `fileOf`, the object with the packages that they export, and the ES module that fills it. */
function writeEsPackages() {
  const given = `${CJS}/packages/given.js`;
  write(given, ["'use strict';", 'module.exports = {};']);
  for (const name of ES_PACKAGES)
    write(fileOf(name), [
      "'use strict';",
      `module.exports = require('${pathFrom(fileOf(name), given)}')['${name}'] ?? require('${name}');`,
    ]);
  const esModule = `${ESM}/packages.js`;
  write(esModule, [
    `import '${pathFrom(esModule, `${CJS}/runtime/require-node.js`)}';`,
    `import given from '${pathFrom(esModule, given)}';`,
    ...ES_PACKAGES.map((name, index) => `import * as package${index} from '${name}';`),
    `Object.assign(given, { ${ES_PACKAGES.map((name, index) => `'${name}': package${index}`).join(', ')} });`,
  ]);
}

/**
 * Writes the ES module of an entry point, with its types. It loads the CommonJS file by a function: Node.js would search an
 * imported file for names of exports, and Jest would evaluate it before `packages.js`.
 */
function writeEsModule(module) {
  const id = pathOf(module);
  const names = modules.get(id).exports.toSorted();
  const usesEsPackage = ES_PACKAGES.some((name) => reachedFrom(id).has(resolve(fileOf(name))));
  const [esModule, cjsFile, load] = [
    `${ESM}/${module}.js`,
    `${CJS}/${module}.js`,
    `${CJS}/${module}.load.js`,
  ];
  write(load, ["'use strict';", `module.exports = () => require('${pathFrom(load, cjsFile)}');`]);
  write(esModule, [
    ...(usesEsPackage ? [`import '${pathFrom(esModule, `${ESM}/packages.js`)}';`] : []),
    `import load from '${pathFrom(esModule, load)}';`,
    names.length > 0 ? `export const { ${names.join(', ')} } = load();` : 'load();',
  ]);
  // The same declarations, so that a value of one format has the type of the other.
  write(`${ESM}/${module}.d.ts`, [`export * from '${pathFrom(esModule, cjsFile)}';`]);
}

function pathFrom(file, to) {
  const path = relative(dirname(file), to).replaceAll('\\', '/');
  return path.startsWith('.') ? path : `./${path}`;
}

function write(file, lines) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${lines.join('\n')}\n`);
}
