import { setImmediate } from 'node:timers/promises';

/** One side of a comparison. All runners do the same work in different ways. */
export interface Runner {
  readonly name: string;
  run(): PromiseLike<unknown>;
}

/** Number of runs: `rounds` blocks of `callsPerBlock` per runner, after `warmUpRounds` that are not measured. */
export interface Plan {
  readonly rounds: number;
  readonly callsPerBlock: number;
  /** Runs the calls of a block at the same time. */
  readonly isConcurrent: boolean;
  readonly warmUpRounds: number;
}

/** Mean time of a call in one block, in microseconds. */
export interface BlockTime {
  readonly wallUs: number;
  /** Processor time of this process with garbage collection. Use only for means: its clock may tick in milliseconds. */
  readonly cpuUs: number;
}

/**
 * Runs all runners in turn, block by block, so that a temporary slowdown of the machine affects all of them. The first
 * runner and the direction change between rounds, so that no runner always follows the same one.
 *
 * @returns Blocks by runner name. Blocks with the same index are from the same round.
 */
export async function runPaired(
  runners: readonly Runner[],
  plan: Plan,
): Promise<ReadonlyMap<string, readonly BlockTime[]>> {
  const times = new Map(runners.map(({ name }) => [name, [] as BlockTime[]]));
  for (let round = -plan.warmUpRounds; round < plan.rounds; round++) {
    for (const runner of inTurn(runners, round + plan.warmUpRounds)) {
      const time = await runBlock(runner, plan);
      if (round >= 0) times.get(runner.name)!.push(time);
    }
  }
  return times;
}

/** Runs a minor garbage collection. @throws Error without `node --expose-gc`. */
function collectGarbage(): void {
  if (!globalThis.gc) throw new Error('Run with `node --expose-gc`');
  globalThis.gc({ type: 'minor', execution: 'sync' });
}

/** Runs a block of calls and the garbage collection that they cause. */
export async function runBlock(
  runner: Pick<Runner, 'run'>,
  { callsPerBlock, isConcurrent }: Pick<Plan, 'callsPerBlock' | 'isConcurrent'>,
): Promise<BlockTime> {
  // Lets pending work of the previous block finish.
  await setImmediate();
  const cpu = process.cpuUsage();
  const start = performance.now();
  if (isConcurrent) await Promise.all(Array.from({ length: callsPerBlock }, () => runner.run()));
  else for (let call = 0; call < callsPerBlock; call++) await runner.run();
  // Each block collects its own garbage. Otherwise a few blocks would pay several milliseconds for all of them.
  collectGarbage();
  const wallMs = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  return { wallUs: (wallMs * 1000) / callsPerBlock, cpuUs: (user + system) / callsPerBlock };
}

/** Returns the items with another first one, and in the other direction, for each round. */
export function inTurn<T>(items: readonly T[], round: number): readonly T[] {
  const first = (round >> 1) % items.length;
  const turned = [...items.slice(first), ...items.slice(0, first)];
  return round % 2 === 0 ? turned : turned.toReversed();
}
