import { writeFileSync } from 'node:fs';
import { temporaryFolder } from '../support/temporary-folder.js';

/** Verifies that `npm run docs:check` (`scripts/docs/`) detects the problems it checks for. */

interface Block {
  readonly line: number;
  readonly language: string;
  readonly directive: string;
  readonly code: string;
}

interface Scripts {
  blocksOf(file: string): Block[];
  checkLinks(file: string, options: { absolute: boolean }): { checked: number; broken: string[] };
  demoDifference(shown: string, printed: string): string | undefined;
  allowedReason(block: Pick<Block, 'directive'>): string | undefined;
  filesWithPaths(): string[];
  missingPaths(file: string): string[];
}

const script = (name: string): Promise<Scripts> =>
  import(String(new URL(`../../scripts/docs/${name}.mjs`, import.meta.url))) as Promise<Scripts>;
const { blocksOf } = await script('blocks');
const { checkLinks } = await script('links');
const { filesWithPaths, missingPaths } = await script('paths');
const { demoDifference } = await script('demo-output');
const { allowedReason } = await script('treatments');

const REPOSITORY = 'https://github.com/nestjs-llm-telemetry/nestjs-llm-telemetry';
const RAW = 'https://raw.githubusercontent.com/nestjs-llm-telemetry/nestjs-llm-telemetry';

const folder = temporaryFolder();
function page(...lines: readonly string[]): string {
  return write('page.md', lines);
}

function write(name: string, lines: readonly string[]): string {
  const file = folder.file(name);
  writeFileSync(file, lines.join('\n'));
  return file;
}

describe('extraction of code blocks', () => {
  it('reads the language, the directive and the code', () => {
    const file = page('Text', '<!-- block: run -->', '', '```ts', 'const a = 1;', '```');
    expect(blocksOf(file)).toMatchObject([
      { line: 4, language: 'ts', directive: 'run', code: 'const a = 1;\n' },
    ]);
  });

  it('finds blocks without a language and blocks within lists', () => {
    const file = page('```', 'plain', '```', '- item', '', '  ```sh', '  ls', '  ```');
    expect(blocksOf(file)).toMatchObject([
      { language: '', directive: '', code: 'plain\n' },
      { language: 'sh', directive: '', code: 'ls\n' },
    ]);
  });

  it('applies a directive only to the block directly after it', () => {
    const file = page('<!-- block: run -->', 'Text between.', '```ts', '```', '```ts', '```');
    expect(blocksOf(file).map(({ directive }) => directive)).toEqual(['', '']);
  });

  it('rejects a block that is not closed', () => {
    expect(() => blocksOf(page('```ts', 'const a = 1;'))).toThrow('the code block is not closed');
  });

  it('requires a reason for an allowed block', () => {
    expect(allowedReason({ directive: 'allowed: placeholder' })).toBe('placeholder');
    expect(allowedReason({ directive: 'allowed' })).toBeUndefined();
  });
});

describe('links', () => {
  it('accepts existing paths and headings of the repository', () => {
    const file = page(
      `[a](${REPOSITORY}/blob/main/docs/store.md) [b](${REPOSITORY}/tree/main/src/example)`,
      `![c](${RAW}/main/docs/images/call.png) [d](#a-heading)`,
      '# A heading',
    );
    expect(checkLinks(file, { absolute: true })).toMatchObject({ checked: 4, broken: [] });
  });

  it.each([
    [`[a](${REPOSITORY}/blob/main/docs/no-such-page.md)`, 'does not exist'],
    [`![a](${RAW}/main/docs/images/no-such-picture.png)`, 'does not exist'],
    ['[a](#no-such-heading)', 'has no such heading'],
    [`[a](${REPOSITORY}/blob/main/docs/telemetry.md#no-such-heading)`, 'has no such heading'],
    ['[a](docs/store.md)', 'must be absolute'],
    ['<img src="docs/images/call.png">', 'must be absolute'],
  ])('reports %s', (text, problem) => {
    expect(checkLinks(page(text), { absolute: true }).broken).toEqual([expect.stringContaining(problem)]);
  });

  it('ignores links in code', () => {
    expect(checkLinks(page('`[a](b)`', '```', '[a](b)', '```'), { absolute: true }).checked).toBe(0);
  });
});

describe('paths and npm scripts in text', () => {
  it('exist in all documents, in the CI script and in the comments of all sources', () => {
    expect(filesWithPaths()).toEqual(
      expect.arrayContaining(['README.md', 'docs/architecture.md', '.ci/run', 'src/llm-telemetry/index.ts']),
    );
    expect(filesWithPaths().flatMap(missingPaths)).toEqual([]);
  });

  it.each([
    ['a path of the repository', '`docs/store.md` and `test/docs/`', '`docs/no-such-page.md`'],
    ['a path of the library', '`wire/usage.ts` and `nest/`', '`wire/no-such-file.ts`'],
    ['a path within a folder', '`formats/responses.ts`', '`formats/no-such-format.ts`'],
    ['a file name', '`usage.ts`', '`no-such-file.ts`'],
    ['the folder of a placeholder', '`wire/formats/<name>.ts`', '`wire/no-such-folder/<name>.ts`'],
    ['a path in a command', '`npm test -- test/docs`', '`npm test -- test/no-such-folder`'],
    ['an npm script', '`npm run docs:check`', '`npm run no-such-script`'],
  ])('reports %s that does not exist in a document', (_, present, missing) => {
    expect(missingPaths(page(present))).toEqual([]);
    expect(missingPaths(page('', missing))).toEqual([
      expect.stringMatching(/page\.md:2: .*no-such.* does not exist$/),
    ]);
  });

  it.each([
    ['a comment', 'page.ts', '// See docs/no-such-page.md.'],
    ['a doc comment', 'page.ts', ' * Limits of `bench/no-such-limits.ts`.'],
    ['a shell script', 'run', 'npm run --silent no-such-script'],
  ])('reports a path in %s', (_, name, line) => {
    expect(missingPaths(write(name, [line]))).toEqual([expect.stringContaining('no-such')]);
  });

  it('ignores routes, packages, generated files and code', () => {
    const text = '`api/calls` `@nestjs/common` `nestjs-llm-telemetry/testing` `dist/main.js` `a / b`';
    expect(missingPaths(page(text))).toEqual([]);
    expect(missingPaths(write('page.ts', ["const path = 'docs/no-such-page.md';"]))).toEqual([]);
  });
});

describe('output of the demo', () => {
  const printed = [
    '112 calls',
    'summarize  616 ms  1.03 s',
    'noise',
    'trace 0123456789abcdef0123456789abcdef',
  ];

  it('ignores durations and trace ids', () => {
    const shown = ['112 calls', 'summarize  9 ms  4.20 s', 'noise', `trace ${'f'.repeat(32)}`];
    expect(demoDifference(shown.join('\n'), printed.join('\n'))).toBeUndefined();
  });

  it('lets … stand for any number of lines', () => {
    const shown = ['112 calls', '…', `trace ${'f'.repeat(32)}`];
    expect(demoDifference(shown.join('\n'), printed.join('\n'))).toBeUndefined();
  });

  it('reports a line that the demo prints elsewhere or not at all', () => {
    expect(demoDifference('113 calls', printed.join('\n'))).toContain('113 calls');
    expect(demoDifference('112 calls\nnoise', printed.join('\n'))).toContain('noise');
  });
});
