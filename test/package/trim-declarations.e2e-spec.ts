import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SCRIPT = new URL('../../scripts/trim-declarations.mjs', import.meta.url).href;

describe('trimming of declarations', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'trim-declarations-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** Trims the declarations to those that the file `index` reaches. */
  function trim(files: Readonly<Record<string, string>>): void {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(join(folder, name, '..'), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    const entry = join(folder, 'index.d.ts');
    const code = `import { trimDeclarations } from ${JSON.stringify(SCRIPT)};
      trimDeclarations(${JSON.stringify(folder)}, [${JSON.stringify(entry)}]);`;
    execFileSync(process.execPath, ['--input-type=module', '-e', code]);
  }
  const textOf = (name: string): string => readFileSync(join(folder, name), 'utf8');

  it('keeps a type that a file imports and exports again by the same name', () => {
    trim({
      'index.d.ts': "export type { Kept } from './middle.js';\n",
      'middle.d.ts': "import { Kept, Other } from './types.js';\nexport { Kept, Other };\n",
      'types.d.ts': 'export interface Kept { a: 1 }\nexport interface Other { b: 1 }\n',
    });
    expect(textOf('middle.d.ts')).toMatch(/import \{ Kept \} from '\.\/types\.js';\s+export \{ Kept \};/);
    expect(textOf('types.d.ts')).toContain('interface Kept');
    expect(textOf('types.d.ts')).not.toContain('Other');
  });

  it('keeps a type that is exported again by another name', () => {
    trim({
      'index.d.ts': "export { Public } from './middle.js';\n",
      'middle.d.ts': "import { Kept as Local } from './types.js';\nexport { Local as Public };\n",
      'types.d.ts': 'export interface Kept { a: 1 }\n',
    });
    expect(textOf('middle.d.ts')).toContain('export { Local as Public };');
    expect(textOf('types.d.ts')).toContain('interface Kept');
  });

  it('keeps all types of a file that is exported as a namespace', () => {
    trim({
      'index.d.ts': "export { names } from './middle.js';\n",
      'middle.d.ts': "export * as names from './types.js';\nexport interface Unused { a: 1 }\n",
      'types.d.ts': 'export interface Kept { a: 1 }\n',
    });
    expect(textOf('middle.d.ts')).toContain("export * as names from './types.js';");
    expect(textOf('middle.d.ts')).not.toContain('Unused');
    expect(textOf('types.d.ts')).toContain('interface Kept');
  });

  it('removes files and declarations that no entry point reaches', () => {
    trim({
      'index.d.ts': "export { Kept } from './types.js';\n",
      'types.d.ts': 'export interface Kept { a: Used }\ninterface Used { b: 1 }\ninterface Unused { c: 1 }\n',
      'unused/file.d.ts': 'export interface Unused { a: 1 }\n',
    });
    expect(textOf('types.d.ts')).toContain('interface Used');
    expect(textOf('types.d.ts')).not.toContain('Unused');
    expect(existsSync(join(folder, 'unused/file.d.ts'))).toBe(false);
  });
});
