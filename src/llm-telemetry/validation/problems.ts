import { safeParse, type BaseIssue, type GenericSchema } from 'valibot';
import { describeType, describeValue } from './message-text.js';

/** Separates the expectation of a schema from a hint at the end of the message. */
export const HINT = '\u0000hint';
/** Placeholder for the path of a problem in the message of a check. */
export const PATH = '\u0000path';
/** Placeholder for ` in <parent>`; empty at the top level. */
export const PARENT = '\u0000parent';

export type Path = ReadonlyArray<string | number>;

/** A problem with one value. */
export interface Problem {
  /** The keys that lead to the value. */
  readonly path: Path;
  /** Returns the message. `write` formats paths. */
  sentence(write: (path: Path) => string): string;
}

export function isObject(input: unknown): input is Readonly<Record<string, unknown>> {
  return typeof input === 'object' && input !== null && !Array.isArray(input);
}

/**
 * Returns all problems of a value.
 *
 * @param isSecret - returns whether the value at a path may be a secret; only its type is then part of the message.
 */
export function problemsIn(
  schema: GenericSchema,
  value: unknown,
  isSecret: (path: Path) => boolean = () => false,
): readonly Problem[] {
  const { issues = [] } = safeParse(schema, value);
  return issues.map((issue) => problemOf(issue, isSecret));
}

function problemOf(issue: BaseIssue<unknown>, isSecret: (path: Path) => boolean): Problem {
  const path = (issue.path ?? []).map(({ key }) => key as string | number);
  if (issue.type === 'raw_check') {
    return {
      path,
      sentence: (write) =>
        issue.message
          .replaceAll(PARENT, () => (path.length > 1 ? ` in ${write(path.slice(0, -1))}` : ''))
          .replaceAll(PATH, () => write(path)),
    };
  }
  const [expected, hint = ''] = issue.message.split(HINT);
  const received = isSecret(path) ? describeType(issue.input) : describeValue(issue.input);
  return { path, sentence: (write) => `${write(path)} must be ${expected}, received ${received}.${hint}` };
}

/** Formats a path as in code: `budgets[0].usd`, `pricing.overrides["gpt-4o"].input`. */
export function pathText(path: Path): string {
  return path
    .map((key, index) => {
      if (typeof key === 'number') return `[${key}]`;
      if (!/^[A-Za-z_$][\w$]*$/.test(key)) return `[${JSON.stringify(key)}]`;
      return index === 0 ? key : `.${key}`;
    })
    .join('');
}
