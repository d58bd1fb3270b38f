import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

const { homepage } = JSON.parse(readFileSync('package.json', 'utf8'));
const REPOSITORY = homepage.replace(/#.*$/, '');
const RAW = REPOSITORY.replace('https://github.com/', 'https://raw.githubusercontent.com/');

/**
 * Checks the links and images of a document. Links into the repository must lead to an existing path and heading.
 * The README is also displayed in the registry and in node_modules, where only absolute links work
 * (storybookjs/storybook#1196).
 *
 * @returns {{ checked: number, external: number, broken: string[] }}
 */
export function checkLinks(file, { absolute }) {
  const result = { checked: 0, external: 0, broken: [] };
  for (const { target, line } of linksOf(file)) {
    const path = pathInTree(target, file);
    if (path === undefined) {
      result.external++;
      continue;
    }
    result.checked++;
    const complaint =
      absolute && !/^(https:|#)/.test(target)
        ? `must be absolute: ${REPOSITORY}/blob/main/${path}`
        : problemOf(path);
    if (complaint !== undefined) result.broken.push(`${file}:${line}: link "${target}" ${complaint}`);
  }
  return result;
}

/** Returns `path#anchor` in the tree for a link into the repository, or `undefined` for any other link. */
function pathInTree(target, file) {
  for (const base of [`${REPOSITORY}/blob/main/`, `${REPOSITORY}/tree/main/`, `${RAW}/main/`]) {
    if (target.startsWith(base)) return decodeURI(target.slice(base.length));
  }
  if (/^[a-z]+:/i.test(target)) return undefined;
  if (target.startsWith('#')) return `${file}${target}`;
  return normalize(join(dirname(file), target));
}

function problemOf(pathAndAnchor) {
  const [path, anchor] = pathAndAnchor.split('#');
  if (!existsSync(path)) return `leads to ${path}, which does not exist`;
  if (anchor !== undefined && !anchorsOf(path).has(anchor))
    return `leads to #${anchor}, but ${path} has no such heading`;
  return undefined;
}

function linksOf(file) {
  const links = [];
  for (const { text, line } of proseOf(file)) {
    const prose = text.replaceAll(/`[^`]*`/g, '``');
    const targets = /\]\((?<link>[^)\s]+)[^)]*\)|\b(?:src|srcset|href)="(?<attribute>[^"]+)"/g;
    for (const { groups } of prose.matchAll(targets)) {
      links.push({ target: groups.link ?? groups.attribute, line });
    }
  }
  return links;
}

/** Returns the heading anchors that GitHub generates. */
function anchorsOf(file) {
  const anchors = new Set();
  for (const { text } of proseOf(file)) {
    const heading = /^#{1,6}\s+(?<title>.+)$/.exec(text)?.groups?.title;
    if (heading === undefined) continue;
    anchors.add(
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .trim()
        .replaceAll(/\s/g, '-'),
    );
  }
  return anchors;
}

/** Returns the lines of a document outside its code blocks. */
function proseOf(file) {
  let fenced = false;
  return readFileSync(file, 'utf8')
    .split('\n')
    .map((text, index) => ({ text, line: index + 1 }))
    .filter(({ text }) => {
      const isFence = /^\s*(`{3,}|~{3,})/.test(text);
      if (isFence) fenced = !fenced;
      return !fenced && !isFence;
    });
}
