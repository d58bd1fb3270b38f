import { fileURLToPath } from 'node:url';
import { NodeProcess } from '../../support/node-process.js';

/** The suite as users run it: the built package, in another test runner than that of this repository. */

// Allows for busy machines.
import.meta.jest.setTimeout(120_000);

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** Runs one case of a store in memory by `node:test`. */
const SCRIPT = `
  for (const { name, run } of storeConformance({ open: () => new ThreadedStore(storeSettings('memory')), origins: false }))
    if (name.startsWith('finds calls by a text')) test(name, run);
`;
const ESM = `
  import { test } from 'node:test';
  import { storeConformance } from 'nestjs-llm-telemetry/store';
  import { storeSettings } from './dist/modules/llm-telemetry/store/sqlite/store-settings.js';
  import { ThreadedStore } from './dist/modules/llm-telemetry/store/thread/threaded-store.js';
  ${SCRIPT}
`;
const CJS = `
  const { test } = require('node:test');
  const { storeConformance } = require('nestjs-llm-telemetry/store');
  const { storeSettings } = require('./dist/modules/llm-telemetry/store/sqlite/store-settings.js');
  const { ThreadedStore } = require('./dist/modules/llm-telemetry/store/thread/threaded-store.js');
  ${SCRIPT}
`;

afterEach(() => NodeProcess.killAll());

describe('the conformance suite of the package', () => {
  it.each([
    ['imported', ['--input-type=module', '--eval', ESM]],
    ['required', ['--input-type=commonjs', '--eval', CJS]],
  ])('runs in node:test if it is %s', async (_, args) => {
    const tests = new NodeProcess(['--test-reporter=tap', ...args], { cwd: ROOT });
    const { code } = await tests.ended;
    expect([code, tests.stderr]).toEqual([0, '']);
    expect(tests.stdout).toContain('ok 1 - finds calls by a text that any string of the record contains');
  });

  it('loads its cases when one of them runs', async () => {
    const script = `
      require('nestjs-llm-telemetry/store').storeConformance({ open() {} });
      console.log(Object.keys(require.cache).filter((file) => file.endsWith('-cases.js')).length);
    `;
    const loaded = new NodeProcess(['--input-type=commonjs', '--eval', script], { cwd: ROOT });
    await loaded.ended;
    expect([loaded.stdout, loaded.stderr]).toEqual(['0\n', '']);
  });
});
