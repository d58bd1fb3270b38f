/** Limits of the store, and how they are measured. */
export interface Limits {
  /** Maximum duration of a query over all 30 days, and over a day, in milliseconds. */
  readonly allMs: number;
  readonly dayMs: number;
  /** Clock for queries, in milliseconds: wall time of the caller, or processor time of all threads. */
  readonly clock: () => number;
  /** Number of runs per query, and the index of the run that counts, sorted by time (0: fastest). */
  readonly turns: number;
  readonly counts: number;
  /** Maximum event-loop delay (P99) while calls are recorded, in milliseconds; `null`: not checked. */
  readonly delayMs: number | null;
  /** Maximum main-thread processor time per call, in microseconds; `null`: not checked. */
  readonly cpuUs: number | null;
}

/** Guaranteed limits. */
export const PROMISED: Limits = {
  allMs: 100,
  dayMs: 20,
  clock: () => performance.now(),
  turns: 5,
  counts: 2,
  delayMs: 10,
  cpuUs: null,
};

/** Processor time of the reference work on the idle reference machine. */
const REFERENCE_MS = 4;
/** Allowance for other processes that displace caches: processor time grows by up to a half on a shared core. */
const SHARED = 1.5;
/** A call takes 5 to 6 µs of the main thread on the reference machine. Three times as much exceeds noise. */
const CPU_US = 15;

/**
 * Returns the limits of the short form, which runs on busy machines. There, wall time depends on other processes, so
 * the guaranteed limits apply to the processor time of all threads, and the minimum of five runs counts. This excludes
 * disk waits, which only the long form measures. On a slower machine, limits grow with the time of the reference work.
 * On a faster machine, they do not shrink. The processor time of the main thread per call replaces the event-loop
 * delay, which it causes.
 *
 * Queries by tenant took 290 and 51 ms before measures over time were limited to the largest groups. They would fail.
 */
export function limitsOfShortForm(): Limits {
  const allowance = allowanceOfShortForm();
  return {
    allMs: PROMISED.allMs * allowance,
    dayMs: PROMISED.dayMs * allowance,
    clock: () => milliseconds(process.cpuUsage()),
    turns: 5,
    counts: 0,
    delayMs: null,
    cpuUs: CPU_US * allowance,
  };
}

/** Returns the factor of the limits of short forms on this machine. */
export function allowanceOfShortForm(): number {
  return SHARED * Math.max(1, referenceWorkMs() / REFERENCE_MS);
}

function milliseconds({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1000;
}

/** Measures work similar to the store's (objects, strings, numbers). Returns the minimum of ten runs. */
function referenceWorkMs(): number {
  let fastest = Infinity;
  for (let turn = 0; turn < 10; turn++) {
    const before = process.threadCpuUsage();
    work();
    fastest = Math.min(fastest, milliseconds(process.threadCpuUsage(before)));
  }
  return fastest;
}

function work(): number {
  const rows = Array.from({ length: 10_000 }, (_, index) => ({
    index,
    name: `tenant-${index % 200}`,
    cost: index / 7,
  }));
  const groups = new Map<string, Float64Array>();
  for (const { index, name, cost } of JSON.parse(JSON.stringify(rows)) as typeof rows) {
    const sums = groups.get(name) ?? new Float64Array(25);
    for (let sum = 0; sum < sums.length; sum++) sums[sum]! += cost * sum + index;
    groups.set(name, sums);
  }
  return groups.size;
}
