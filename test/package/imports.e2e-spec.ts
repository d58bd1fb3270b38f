import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import.meta.jest.setTimeout(120_000);

const root = fileURLToPath(new URL('../..', import.meta.url));
const LIBRARY = 'src/llm-telemetry';

/** Violations, each with the offending file, the files it requires, and the rule that must detect it. */
const VIOLATIONS: ReadonlyArray<{
  readonly title: string;
  readonly files: Readonly<Record<string, string>>;
  readonly rule: string;
}> = [
  {
    title: 'the wire imports a type of calls',
    files: {
      'wire/imports-calls.ts': "import type { Named } from '../calls/named.js';\nexport type Found = Named;",
      'calls/named.ts': 'export interface Named {}',
    },
    rule: 'folders of wire',
  },
  {
    title: 'a format imports a transport',
    files: {
      'wire/formats/imports-transport.ts': "export * from '../transports/one-transport.js';",
      'wire/transports/one-transport.ts': 'export const transport = 1;',
    },
    rule: 'folders of wire/formats',
  },
  {
    title: 'a file loads the folder for Nest on demand',
    files: {
      'store/imports-nest.ts': "export const load = () => import('../nest/one-module.js');",
      'nest/one-module.ts': 'export const module = 1;',
    },
    rule: 'folders of store',
  },
  {
    title: 'the contract of stores imports the SQLite store',
    files: {
      'store/imports-sqlite.ts': "export * from './sqlite/one-store.js';",
      'store/sqlite/one-store.ts': 'export const store = 1;',
    },
    rule: 'folders of store',
  },
  {
    title: 'the emulator imports code that it tests',
    files: {
      'testing/imports-wire.ts': "export * from '../wire/one-reader.js';",
      'wire/one-reader.ts': 'export const reader = 1;',
    },
    rule: 'folders of testing',
  },
  {
    title: 'an emulated API imports the emulator',
    files: {
      'testing/providers/imports-emulator.ts': "export * from '../one-emulator.js';",
      'testing/one-emulator.ts': 'export const emulator = 1;',
    },
    rule: 'folders of testing/providers',
  },
  {
    title: 'the page of the dashboard imports its server',
    files: {
      'dashboard/ui/imports-server.tsx': "export * from '../server/one-controller.js';",
      'dashboard/server/one-controller.ts': 'export const controller = 1;',
    },
    rule: 'folders of dashboard/ui',
  },
  {
    title: 'the wire imports a package',
    files: { 'wire/imports-package.ts': "export { Logger } from '@nestjs/common';" },
    rule: 'packages of wire',
  },
  {
    title: 'the emulator imports values of an SDK',
    files: { 'testing/providers/imports-sdk.ts': "export { OpenAI } from 'openai';" },
    rule: 'types of SDKs only',
  },
  {
    title: 'a file imports an entry point',
    files: {
      'nest/imports-entry-point.ts': "export * from '../index.js';",
      'index.ts': 'export const version = 1;',
    },
    rule: 'no entry points inside',
  },
  {
    title: 'a folder has no row in the layout',
    files: {
      'helpers/one-helper.ts': "export * from '../text/one-text.js';",
      'text/one-text.ts': 'export {};',
    },
    rule: 'no folder without a row',
  },
  {
    title: 'two files import types of each other',
    files: {
      'calls/circle-one.ts': "import type { Two } from './circle-two.js';\nexport interface One { two: Two }",
      'calls/circle-two.ts': "import type { One } from './circle-one.js';\nexport interface Two { one: One }",
    },
    rule: 'no circles',
  },
];

interface Violation {
  readonly from: string;
  readonly rule: { readonly name: string };
}

/** Returns the violations of this project's rules in the sources of a folder. */
function violationsIn(folder: string): readonly Violation[] {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [
      join(root, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs'),
      '--config',
      join(root, '.dependency-cruiser.mjs'),
      '--output-type',
      'json',
      'src',
    ],
    { cwd: folder, encoding: 'utf8', maxBuffer: 2 ** 28 },
  );
  if (stdout === '') throw new Error(stderr);
  const { summary } = JSON.parse(stdout) as { summary: { violations: Violation[]; totalCruised: number } };
  if (summary.totalCruised === 0) throw new Error(`No file was checked in ${folder}.`);
  return summary.violations;
}

describe('imports of the library', () => {
  it('follow the layout, without cycles', () => {
    expect(violationsIn(root)).toEqual([]);
  });
});

describe('a forbidden import', () => {
  let project: string;
  let found: readonly Violation[];

  beforeAll(() => {
    project = mkdtempSync(join(tmpdir(), 'nestjs-llm-telemetry-imports-'));
    symlinkSync(join(root, 'node_modules'), join(project, 'node_modules'));
    writeFileSync(
      join(project, 'tsconfig.json'),
      JSON.stringify({ compilerOptions: { module: 'nodenext', jsx: 'react-jsx' } }),
    );
    for (const { files } of VIOLATIONS)
      for (const [name, code] of Object.entries(files)) {
        const file = join(project, LIBRARY, name);
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, code);
      }
    found = violationsIn(project);
  });

  afterAll(() => rmSync(project, { recursive: true, force: true }));

  it.each(VIOLATIONS)('is detected if $title', ({ files, rule }) => {
    const from = `${LIBRARY}/${Object.keys(files)[0]}`;
    expect(found).toContainEqual(
      expect.objectContaining({ from, rule: expect.objectContaining({ name: rule }) }),
    );
  });

  it('is the only kind of import that is reported', () => {
    const violating = new Set(
      VIOLATIONS.flatMap(({ files }) => Object.keys(files).map((name) => `${LIBRARY}/${name}`)),
    );
    expect(found.filter(({ from }) => !violating.has(from))).toEqual([]);
    expect(new Set(found.map(({ rule }) => rule.name)).size).toBe(
      new Set(VIOLATIONS.map(({ rule }) => rule)).size,
    );
  });
});
