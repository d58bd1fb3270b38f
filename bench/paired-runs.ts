import { setImmediate } from 'node:timers/promises';

/** One of the things that are compared: does the same work as the others, in its own way. */
export interface Runner {
  readonly name: string;
  run(): Promise<unknown>;
}

/** How often: `rounds` blocks of `callsPerBlock` for each runner, after `warmUpRounds` that do not count. */
export interface Plan {
  readonly rounds: number;
  readonly callsPerBlock: number;
  readonly warmUpRounds: number;
}

/** What one call took in one block, on average, in microseconds. */
export interface BlockTime {
  readonly wallUs: number;
  /** Processor time of this process, garbage collection included. Its clock may tick in milliseconds: for means only. */
  readonly cpuUs: number;
}

/**
 * Runs all runners in turn, block by block, so that whatever slows the machine for a while slows all of them. From
 * round to round each begins at another place and the direction turns, so that none always follows the same one.
 * Answers the blocks of each runner, by its name: those with the same index ran side by side.
 */
export async function runPaired(
  runners: readonly Runner[],
  plan: Plan,
): Promise<ReadonlyMap<string, readonly BlockTime[]>> {
  const times = new Map(runners.map(({ name }) => [name, [] as BlockTime[]]));
  for (let round = -plan.warmUpRounds; round < plan.rounds; round++) {
    for (const runner of inTurn(runners, round + plan.warmUpRounds)) {
      const time = await runBlock(runner, plan.callsPerBlock);
      if (round >= 0) times.get(runner.name)!.push(time);
    }
  }
  return times;
}

/** A minor collection. @throws Error without `node --expose-gc`. */
function collectGarbage(): void {
  if (!globalThis.gc) throw new Error('Run with `node --expose-gc`');
  globalThis.gc({ type: 'minor', execution: 'sync' });
}

async function runBlock(runner: Runner, calls: number): Promise<BlockTime> {
  // What the block before has left to do is not this one's.
  await setImmediate();
  const cpu = process.cpuUsage();
  const start = performance.now();
  for (let call = 0; call < calls; call++) await runner.run();
  // Each block clears away what it has left, or one in a few would pay for all: some milliseconds at a time.
  collectGarbage();
  const wallMs = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  return { wallUs: (wallMs * 1000) / calls, cpuUs: (user + system) / calls };
}

function inTurn<T>(items: readonly T[], round: number): readonly T[] {
  const first = (round >> 1) % items.length;
  const turned = [...items.slice(first), ...items.slice(0, first)];
  return round % 2 === 0 ? turned : turned.toReversed();
}
