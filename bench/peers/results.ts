import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { spreadOf } from '../statistics.js';
import type { Marks, RoundFigure } from './compare.js';
import type { Contestant } from './contestants.js';
import { PEERS } from './rival.js';
import type { Task } from './tasks.js';

/** Median of the rounds, and the least and the greatest, in microseconds. */
export interface Figure {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Results of one contestant. */
export interface PeerResult {
  readonly name: string;
  readonly records: string;
  /** Versions of its packages, by name. */
  readonly versions: Readonly<Record<string, string>>;
  /** Versions of the SDKs it was measured with, by name. */
  readonly sdks: Readonly<Record<string, string>>;
  readonly isBare: boolean;
  /** By task. Of a bare SDK: the time of a unit; otherwise the time that is added to it. */
  readonly figures: Readonly<Record<string, Figure>>;
  /** What is missing or wrong in its spans, by task. */
  readonly marks: Readonly<Record<string, readonly string[]>>;
}

/** Contents of `results.json`. */
export interface PeerResults {
  readonly date: string;
  readonly node: string;
  readonly machine: string;
  readonly rounds: number;
  readonly quick: boolean;
  readonly tasks: ReadonlyArray<Pick<Task, 'name' | 'unit' | 'sdk'>>;
  readonly contestants: readonly PeerResult[];
}

interface Measured {
  readonly contestants: readonly Contestant[];
  readonly tasks: readonly Task[];
  readonly figures: readonly RoundFigure[];
  readonly marks: readonly Marks[];
  readonly rounds: number;
  readonly quick: boolean;
}

export function summarized({ contestants, tasks, figures, marks, rounds, quick }: Measured): PeerResults {
  return {
    date: new Date().toISOString().slice(0, 10),
    node: process.version,
    machine: `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown'}, ${process.platform} ${process.arch}`,
    rounds,
    quick,
    tasks: tasks.map(({ name, unit, sdk }) => ({ name, unit, sdk })),
    contestants: contestants.map((contestant) => ({
      name: contestant.name,
      records: contestant.records,
      versions: versionsOf(contestant.packages),
      sdks: versionsOf(Object.values(contestant.sdks)),
      isBare: contestant.bare === null,
      figures: byTask(tasks, ({ name: task }) => {
        const own = figures.filter((one) => one.contestant === contestant.name && one.task === task);
        return own.length === 0 ? undefined : figureOf(own.map(({ us, addedUs }) => addedUs ?? us));
      }),
      marks: byTask(tasks, ({ name: task }) => {
        const own = marks.filter((one) => one.contestant === contestant.name && one.task === task);
        const unique = [...new Set(own.flatMap(({ marks }) => marks))];
        return unique.length === 0 ? undefined : unique;
      }),
    })),
  };
}

function figureOf(values: readonly number[]): Figure {
  const rounded = (value: number): number => Number(value.toPrecision(4));
  return {
    median: rounded(spreadOf(values).median),
    min: rounded(Math.min(...values)),
    max: rounded(Math.max(...values)),
  };
}

function byTask<Value>(
  tasks: readonly Task[],
  of: (task: Task) => Value | undefined,
): Readonly<Record<string, Value>> {
  const found: Record<string, Value> = {};
  for (const task of tasks) {
    const value = of(task);
    if (value !== undefined) found[task.name] = value;
  }
  return found;
}

/** Returns versions by the names in the registry: `openai-6` is an alias. */
function versionsOf(packages: readonly string[]): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const name of packages) {
    const path = findPackageJSON(name, join(PEERS, 'package.json'));
    if (path === undefined) continue;
    const { name: published, version } = JSON.parse(readFileSync(path, 'utf8')) as Record<string, string>;
    found[published!] = version!;
  }
  return found;
}
