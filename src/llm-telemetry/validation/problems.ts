import { safeParse, type BaseIssue, type GenericSchema } from 'valibot';
import { describeValue } from './message-text.js';

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

/** Describes a received value. Describe only its type if it may be a secret. */
export type Describe = (input: unknown, path: Path) => string;

/** Returns all problems of a value. */
export function problemsIn(
  schema: GenericSchema,
  value: unknown,
  describe: Describe = describeValue,
): readonly Problem[] {
  const { issues = [] } = safeParse(schema, value);
  return issues.map((issue) => problemOf(issue, describe));
}

function problemOf(issue: BaseIssue<unknown>, describe: Describe): Problem {
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
  const received = describe(issue.input, path);
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
