import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const LIBRARY = 'src/llm-telemetry';
const CODE = /\.(?:ts|tsx|mjs|css)$/;

const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  encoding: 'utf8',
})
  .trim()
  .split('\n')
  .filter(existsSync);
/** All files by their path suffixes after each slash: `page/main.ts` and `main.ts` of `bench/page/main.ts`. */
const suffixes = new Set(
  files.flatMap((path) => path.split('/').map((_, index, all) => all.slice(index).join('/'))),
);
const folders = new Set(files.filter((path) => path.includes('/')).map((path) => path.split('/', 1)[0]));
const scripts = new Set(Object.keys(JSON.parse(readFileSync('package.json', 'utf8')).scripts));

/** Returns the files whose text names paths: documents, the CI script, and sources with comments. */
export function filesWithPaths() {
  // The changelog also names files that were removed.
  return files
    .filter((path) => /\.md$|^\.ci\//.test(path) || CODE.test(path))
    .filter((path) => path !== 'CHANGELOG.md');
}

/**
 * Checks the paths and npm scripts that a file names: a document in its code spans, a source in its comments, any other
 * file in all lines. Links are checked by `links.mjs`.
 *
 * @returns {string[]} A message for each path and script that does not exist.
 */
export function missingPaths(file) {
  return textsOf(file).flatMap(({ text, line, span }) => {
    const words = text.split(/[\s,;:()'"`]+/).map((word) => word.replace(/\.$/, ''));
    return [
      ...words.filter((word) => !isPresent(word, file, span)).map((word) => `path "${word}"`),
      ...npmScripts(text)
        .filter((name) => !scripts.has(name))
        .map((name) => `npm script "${name}"`),
    ].map((what) => `${file}:${line}: ${what} does not exist`);
  });
}

/** Returns the texts to check. `span`: marked as code, so a word with a slash is probably a path. */
function textsOf(file) {
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .map((text, index) => ({ text, line: index + 1, span: false }));
  const spans = ({ text, line }) =>
    [...text.matchAll(/`([^`]+)`/g)].map((match) => ({ text: match[1], line, span: true }));
  if (file.endsWith('.md')) return lines.flatMap(spans);
  if (!CODE.test(file)) return lines;
  const comments = lines.filter(({ text }) => /^\s*(?:\/?\*|\/\/)/.test(text));
  return comments.flatMap((comment) => [
    ...spans(comment),
    { ...comment, text: comment.text.replaceAll(/`[^`]+`/g, '') },
  ]);
}

function npmScripts(text) {
  return [...text.matchAll(/\bnpm run (?:--?\w+ )*([a-z][\w:-]*)/g)].map(([, name]) => name);
}

/** Returns whether a word is an existing file or folder, or not a path of this repository. */
function isPresent(word, file, span) {
  // Of `wire/formats/<name>.ts` and `test/*/package.json`, the folder before the placeholder is checked.
  const path = word.replace(/[^/]*[<*{…$].*$/, '');
  if (!/^[\w@-][\w.@-]*(?:\/[\w.@-]+)*\/?$|^\.(?:ci|github)\//.test(path)) return true;
  const folder = path.includes('/') ? path.split('/', 1)[0] : undefined;
  const candidates = [path, join(dirname(file), path), join(LIBRARY, path)];
  // Outside a code span, `and/or` is prose, so only files of the repository are treated as paths.
  if (folders.has(folder) && (span || /\.\w+$/.test(path))) return candidates.some(existsSync);
  if (!span) return true;
  if (folder && existsSync(join(LIBRARY, folder))) return candidates.some(existsSync);
  // A file name, or a path within any folder.
  return !CODE.test(path) || suffixes.has(path);
}
