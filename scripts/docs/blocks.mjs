import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Checked documents: README.md, CONTRIBUTING.md and all of `docs/`. */
export function documents() {
  const pages = readdirSync('docs', { recursive: true }).filter((name) => name.endsWith('.md'));
  return ['README.md', 'CONTRIBUTING.md', ...pages.sort().map((name) => join('docs', name))];
}

/** Returns the only block with this directive in all documents. */
export function findBlock(directive) {
  const found = documents()
    .flatMap(blocksOf)
    .filter((block) => block.directive === directive);
  if (found.length === 1) return found[0];
  throw new Error(`Exactly one block must have the directive "${directive}", but ${found.length} have it.`);
}

/**
 * Extracts the fenced code blocks of a document, in order.
 *
 * A comment directly before a block declares its treatment: `<!-- block: run -->`. See test/docs/README.md.
 *
 * @returns {{ file: string, line: number, name: string, language: string, directive: string, code: string }[]}
 */
export function blocksOf(file) {
  const blocks = [];
  let directive = '';
  let open;
  readFileSync(file, 'utf8')
    .split('\n')
    .forEach((text, index) => {
      const fence = /^(?<indent>\s*)(?<fence>`{3,}|~{3,})\s*(?<language>\S*)/.exec(text)?.groups;
      if (open !== undefined) {
        if (fence?.fence === open.fence && fence.language === '') {
          const { lines, block } = open;
          blocks.push({ ...block, code: `${lines.join('\n')}\n` });
          open = undefined;
          directive = '';
        } else open.lines.push(text.slice(open.indent.length));
      } else if (fence !== undefined) {
        const line = index + 1;
        const name = `${file.replaceAll(/[^a-z0-9]+/gi, '-')}-${line}`;
        const { language } = fence;
        open = { ...fence, lines: [], block: { file, line, name, language, directive } };
      } else if (text.trim() !== '') {
        directive = /^\s*<!-- block: (?<directive>.+) -->\s*$/.exec(text)?.groups?.directive ?? '';
      }
    });
  if (open !== undefined) throw new Error(`${file}:${open.block.line}: the code block is not closed.`);
  return blocks;
}
