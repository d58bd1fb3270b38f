import { parse, type ValueNode } from '@humanwhocodes/momoa';
import type { Path, Problem } from '../validation/problems.js';
import type { PriceOverrides } from './pricing.options.js';

/**
 * Thrown if a price file cannot be read or is invalid. Applications receive it as the `cause` of a
 * `LlmTelemetryOptionsError`.
 */
export class PriceFileError extends TypeError {
  override readonly name = 'PriceFileError';
  /** Identifies this class of errors; the same in every version. */
  readonly code = 'LLM_TELEMETRY_INVALID_PRICE_FILE';
}

/** Validates overrides. Passed as a parameter, so that the schema is loaded only if there is a price file. */
export type OverridesCheck = (given: unknown) => readonly Problem[];

/**
 * Parses the text of a price file: strict JSON with the structure of `pricing.overrides`.
 *
 * @throws PriceFileError with a message that starts with `<file>:<line>:<column>` and names the field
 */
export function parsePriceFile(text: string, file: string, check: OverridesCheck): PriceOverrides {
  // Some editors write a byte order mark, which would shift the columns of the first line.
  const json = text.replace(/^\uFEFF/, '');
  const fail = (offset: number, message: string): never => {
    const before = json.slice(0, offset).split('\n');
    throw new PriceFileError(`${file}:${before.length}:${before.at(-1)!.length + 1}: ${message}`);
  };
  const failSyntax = (error: unknown): never => {
    const { offset, reason } = syntaxProblem(error, json);
    return fail(offset, `invalid JSON: ${reason}.`);
  };

  if (json.trim() === '') {
    return fail(0, 'the file is empty. It must contain an object of prices by model name, such as {}.');
  }
  let root: ValueNode;
  let overrides: unknown;
  try {
    root = parse(json).body;
    // Stricter than momoa, which accepts line breaks inside strings.
    overrides = JSON.parse(json);
  } catch (error) {
    return failSyntax(error);
  }
  const duplicate = duplicateIn(root);
  if (duplicate) return fail(duplicate.offset, `duplicate name ${duplicate.name}.`);
  const [problem] = check(overrides);
  if (!problem) return overrides as PriceOverrides;
  return fail(offsetOf(root, problem.path), problem.sentence(nameOf));
}

interface SyntaxProblem {
  readonly offset: number;
  readonly reason: string;
}

/** Describes an error of momoa (which has an offset but only names the token) or of `JSON.parse`. */
function syntaxProblem(error: unknown, json: string): SyntaxProblem {
  const { message } = error as Error;
  const offset =
    (error as { offset?: number }).offset ?? Number(/ at position (\d+)/.exec(message)?.[1] ?? Number.NaN);
  if (Number.isNaN(offset)) return { offset: 0, reason: message };
  // If the file ends where a value or a name is expected, momoa reports the last token instead of the end.
  const endsHere =
    /^(?:[{[,:]|"(?:[^"\\\n]|\\.)*")\s*$/.test(json.slice(offset)) && !isJson(json.slice(0, offset));
  if (endsHere || message.includes('end of input')) {
    return {
      offset: json.length,
      reason: 'unexpected end of file, a brace, bracket or quote is not closed',
    };
  }
  return { offset, reason: unexpected(json, offset) };
}

/** Describes an unexpected token by the mistake that usually causes it. */
function unexpected(json: string, offset: number): string {
  const found = /^(?:"(?:[^"\\\n]|\\.)*"|[\w.+-]+|[^])/.exec(json.slice(offset))?.[0] ?? '';
  const before = json.slice(0, offset).trimEnd();
  if (found < ' ') return 'a string contains a line break or another control character';
  if (found === '/' || found === '#') return 'comments are not allowed';
  if (found === "'") return 'strings must use double quotes';
  if (before.endsWith(',') && /^[}\]]/.test(found)) return `unexpected comma before ${found}`;
  if (isJson(before))
    return `unexpected ${found} after the end of the ${before.startsWith('[') ? 'array' : 'object'}`;
  if (/["\w}\]]$/.test(before) && /^["\d{[-]/.test(found)) return `missing comma or colon before ${found}`;
  return `unexpected ${found}`;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * Returns the offset of a value (of its name, for a member of an object); of the nearest parent if the value is
 * missing.
 */
function offsetOf(root: ValueNode, path: Path): number {
  let node = root;
  let { offset } = root.loc.start;
  for (const [index, key] of path.entries()) {
    const child = childOf(node, key);
    if (!child) return node.loc.start.offset;
    node = child.value;
    offset = index === path.length - 1 ? child.offset : node.loc.start.offset;
  }
  return offset;
}

interface Child {
  readonly name: string | number;
  readonly offset: number;
  readonly value: ValueNode;
}

function childrenOf(node: ValueNode): Child[] {
  if (node.type === 'Array') {
    return node.elements.map(({ value }, name) => ({ name, offset: value.loc.start.offset, value }));
  }
  if (node.type !== 'Object') return [];
  return node.members.map(({ name, value }) => ({
    name: name.type === 'String' ? name.value : name.name,
    offset: name.loc.start.offset,
    value,
  }));
}

function childOf(node: ValueNode, key: string | number): Child | undefined {
  return childrenOf(node).find(({ name }) => name === key);
}

function nameOf(path: Path): string {
  const [model, ...fields] = path;
  return model === undefined ? 'the file' : [JSON.stringify(model), ...fields].join('.');
}

/** Finds a duplicate name in an object: `JSON.parse` silently takes the last one. */
function duplicateIn(node: ValueNode): { readonly offset: number; readonly name: string } | null {
  const names = new Set<string | number>();
  for (const { name, offset, value } of childrenOf(node)) {
    if (names.has(name)) return { offset, name: JSON.stringify(name) };
    names.add(name);
    const inside = duplicateIn(value);
    if (inside) return inside;
  }
  return null;
}
