import { inTurn } from '../paired-runs.js';
import { spreadOf } from '../statistics.js';
import type { SpanTemplate } from '../floor.js';
import { contestantsNamed, OURS, type Contestant } from './contestants.js';
import { marksOf } from './marks.js';
import { Rival } from './rival.js';
import { summarized, type PeerResults } from './results.js';
import { TASKS, type Task } from './tasks.js';

export interface PeerOptions {
  /** Two short rounds instead of five. */
  readonly quick: boolean;
  /** Names of contestants. Empty: all. */
  readonly contestants: readonly string[];
  /** Selects the tasks whose name contains this text. */
  readonly only: string;
}

interface Plan {
  readonly rounds: number;
  readonly blocks: number;
  /** Share of the warm-up calls of a task. */
  readonly warmUp: number;
}

const LONG: Plan = { rounds: 5, blocks: 40, warmUp: 1 };
const QUICK: Plan = { rounds: 2, blocks: 6, warmUp: 0.1 };

/** Measured in one round, in microseconds: medians over the blocks. */
export interface RoundFigure {
  readonly contestant: string;
  readonly task: string;
  /** Time of a unit. */
  readonly us: number;
  /** Time added to the bare SDK of the same version; `null` for a bare SDK. */
  readonly addedUs: number | null;
}

/** What is missing or wrong in the spans of a contestant. */
export interface Marks {
  readonly contestant: string;
  readonly task: string;
  readonly marks: readonly string[];
}

/**
 * Measures the contestants by turns. Each has a process of its own, and a new one in each round, because two processes
 * with the same code compile and place it differently.
 */
export async function comparePeers(options: PeerOptions): Promise<PeerResults> {
  const plan = options.quick ? QUICK : LONG;
  const contestants = contestantsNamed(options.contestants);
  const tasks = TASKS.filter(({ name }) => name.includes(options.only));
  const figures: RoundFigure[] = [];
  const marks: Marks[] = [];
  for (let round = 0; round < plan.rounds; round++) {
    process.stderr.write(`round ${round + 1} of ${plan.rounds} …\n`);
    const rivals = await startAll(contestants, tasks, marks);
    try {
      for (const task of tasks) figures.push(...(await runTask(task, rivals, plan, round, marks)));
    } finally {
      for (const rival of rivals) rival.stop();
    }
  }
  return summarized({ contestants, tasks, figures, marks, rounds: plan.rounds, quick: options.quick });
}

/** Starts the processes. A contestant that cannot be started is marked. */
async function startAll(
  contestants: readonly Contestant[],
  tasks: readonly Task[],
  marks: Marks[],
): Promise<readonly Rival[]> {
  const rivals: Rival[] = [];
  for (const contestant of contestants) {
    try {
      rivals.push(await Rival.start(contestant));
    } catch (error) {
      const failed = [`not started: ${String(error)}`];
      for (const { name } of tasks) marks.push({ contestant: contestant.name, task: name, marks: failed });
    }
  }
  return rivals;
}

/** Verifies, warms up and measures the contestants that support the task's SDK. */
async function runTask(
  task: Task,
  all: readonly Rival[],
  plan: Plan,
  round: number,
  marks: Marks[],
): Promise<readonly RoundFigure[]> {
  const able = all.filter(({ contestant }) => contestant.sdks[task.sdk] !== undefined);
  const rivals = await verified(task, able, marks);
  const warmUpCalls = Math.ceil(task.warmUpCalls * plan.warmUp);
  for (const rival of rivals) await rival.ask({ do: 'run', task: task.name, calls: warmUpCalls });
  for (const rival of rivals) await rival.ask({ do: 'count' });

  const times = new Map(rivals.map(({ contestant }) => [contestant.name, [] as number[]]));
  for (let block = 0; block < plan.blocks; block++) {
    for (const rival of inTurn(rivals, block + round)) {
      const { us } = await rival.ask({ do: 'run', task: task.name, calls: task.callsPerBlock });
      times.get(rival.contestant.name)!.push(us / task.unitsPerCall);
    }
  }
  for (const rival of rivals) {
    const { name, spansPerCall } = rival.contestant;
    const { spans } = await rival.ask({ do: 'count' });
    const expected = plan.blocks * task.callsPerBlock * spansPerCall;
    if (spans === expected || spansPerCall === 0) continue;
    marks.push({
      contestant: name,
      task: task.name,
      marks: [`${spans} spans of ${expected} while it was measured`],
    });
  }
  return rivals.map(({ contestant }) => figureOf(contestant, task, times));
}

/** Makes one call with each contestant and compares its spans with the response. */
async function verified(task: Task, rivals: readonly Rival[], marks: Marks[]): Promise<readonly Rival[]> {
  const templates = await templatesOf(task, rivals);
  const able: Rival[] = [];
  for (const rival of rivals) {
    const { contestant } = rival;
    const spans = contestant.usesTemplates ? templates : [];
    try {
      await rival.ask({ do: 'prepare', task: task.name, spans });
      const verified = await rival.ask({ do: 'verify', task: task.name });
      marks.push({
        contestant: contestant.name,
        task: task.name,
        marks: marksOf(contestant, task, verified.spans),
      });
      able.push(rival);
    } catch (error) {
      marks.push({ contestant: contestant.name, task: task.name, marks: [`failed: ${String(error)}`] });
    }
  }
  return able;
}

/** Returns the library's spans of a call: that of the method, and that of the attempt. */
async function templatesOf(task: Task, rivals: readonly Rival[]): Promise<readonly SpanTemplate[]> {
  const ours = rivals.find(({ contestant }) => contestant.name === OURS)!;
  await ours.ask({ do: 'prepare', task: task.name, spans: [] });
  const { spans } = await ours.ask({ do: 'verify', task: task.name });
  return spans.toSorted(
    (one, other) => Number(other.name.startsWith('llm.')) - Number(one.name.startsWith('llm.')),
  );
}

function figureOf(
  { name, bare }: Contestant,
  task: Task,
  times: ReadonlyMap<string, readonly number[]>,
): RoundFigure {
  const own = times.get(name)!;
  const bareTimes = bare === null ? undefined : times.get(bare);
  const added = bareTimes && own.map((us, block) => us - bareTimes[block]!);
  return {
    contestant: name,
    task: task.name,
    us: spreadOf(own).median,
    addedUs: added ? spreadOf(added).median : null,
  };
}
