/** What the store is held to, and how that is judged. */
export interface Limits {
  /** Milliseconds that a query may take: over all 30 days, and over a day. */
  readonly allMs: number;
  readonly dayMs: number;
  /** By which clock, milliseconds: the caller's, or the processor time of all threads. */
  readonly clock: () => number;
  /** How often each query is asked, and which of its times counts, the fastest being 0. */
  readonly turns: number;
  readonly counts: number;
  /** Event-loop delay (P99) while calls are taken in; `null`: not judged. */
  readonly delayMs: number | null;
  /** Processor time of the main thread that a call may take, microseconds; `null`: not judged. */
  readonly cpuUs: number | null;
}

/** The figures that are promised. */
export const PROMISED: Limits = {
  allMs: 100,
  dayMs: 20,
  clock: () => performance.now(),
  turns: 5,
  counts: 2,
  delayMs: 10,
  cpuUs: null,
};

/** Processor time of the yardstick on the machine that the figures were set on, at rest. */
const REFERENCE_MS = 4;
/** Work beside it takes caches away: processor time grows by up to a half where a core is shared. */
const SHARED = 1.5;
/** A call takes 5 to 6 µs of the main thread there: three times as much is no noise any more. */
const CPU_US = 15;

/**
 * The short form's, for machines that do other things besides. How long a query takes depends there on who else wants the
 * processor, and tells nothing; so its processor time is held to the limits of the promise, of all threads together, and
 * the smallest of five counts. It leaves out what waits for a disk, which the long form sees. A machine that is slower by
 * itself is allowed as much more as the yardstick takes longer on it; a faster one is not allowed less. In place of the
 * event loop's delay stands the main thread's processor time for a call, from which it comes.
 *
 * Before figures over time were limited to the greatest groups, those by tenant took 290 and 51 ms: that would not pass.
 */
export function limitsOfShortForm(): Limits {
  const allowance = SHARED * Math.max(1, yardstickMs() / REFERENCE_MS);
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

function milliseconds({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1000;
}

/** Some work like a store's own: objects, texts, numbers. The fastest of ten. */
function yardstickMs(): number {
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
