import { findNodeAtLocation, parseTree, printParseErrorCode, type Node, type ParseError } from 'jsonc-parser';
import type { Path, Problem } from '../validation/problems.js';
import type { PriceOverrides } from './pricing.options.js';

/** Returns what is wrong with overrides. A parameter, so that the schema is loaded only if there is a price file. */
export type OverridesCheck = (given: unknown) => readonly Problem[];

/**
 * Returns the overrides in a file's text: strict JSON, of the shape of `pricing.overrides`.
 *
 * @throws TypeError in one sentence that begins with the file, the line and the column, and names the field.
 */
export function parsePriceFile(text: string, file: string, check: OverridesCheck): PriceOverrides {
  const errors: ParseError[] = [];
  // With a byte order mark, as some editors write it, columns of the first line are one further on.
  const json = text.replace(/^\uFEFF/, '');
  const fail = (offset: number, sentence: string): never => {
    const before = json.slice(0, offset).split('\n');
    throw new TypeError(`${file}:${before.length}:${before.at(-1)!.length + 1}: ${sentence}`);
  };

  const root = parseTree(json, errors, { disallowComments: true, allowTrailingComma: false });
  const [error] = errors;
  if (error || !root) return fail(error?.offset ?? 0, `this is not JSON (${wordsOf(error)}).`);
  const twice = duplicateIn(root);
  if (twice) return fail(twice.offset, `${twice.name} is there twice.`);
  const overrides: unknown = JSON.parse(json);
  const [problem] = check(overrides);
  if (!problem) return overrides as PriceOverrides;
  return fail(offsetOf(root, problem.path), problem.sentence(nameOf));
}

/** “CommaExpected” in words. */
function wordsOf(error: ParseError | undefined): string {
  const code = error ? printParseErrorCode(error.error) : 'ValueExpected';
  return code.replace(/(?<!^)(?=[A-Z])/g, ' ').toLowerCase();
}

/** The place itself, or of what is missing the nearest that is there; of a member, its name. */
function offsetOf(root: Node, path: Path): number {
  for (let length = path.length; length > 0; length--) {
    const node = findNodeAtLocation(root, path.slice(0, length));
    if (node)
      return length === path.length && node.parent?.type === 'property' ? node.parent.offset : node.offset;
  }
  return root.offset;
}

function nameOf(path: Path): string {
  const [model, ...fields] = path;
  return model === undefined ? 'the file' : [JSON.stringify(model), ...fields].join('.');
}

/** A name that an object has twice: JSON takes the last, and who wrote it meant both. */
function duplicateIn(node: Node): { readonly offset: number; readonly name: string } | null {
  const names = new Set<unknown>();
  for (const child of node.children ?? []) {
    const name = node.type === 'object' ? child.children?.[0] : undefined;
    if (name && names.has(name.value)) return { offset: name.offset, name: JSON.stringify(name.value) };
    if (name) names.add(name.value);
    const inside = duplicateIn(child);
    if (inside) return inside;
  }
  return null;
}
