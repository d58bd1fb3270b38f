/** Returns the CPU time of this process in milliseconds since `before`, which is a `process.cpuUsage()`. */
export function cpuMsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/**
 * Returns the CPU time of `work` in milliseconds: the least of several runs, because garbage collections count. Unlike
 * elapsed time, it does not depend on other processes.
 */
export function leastCpuMs(work: () => void, runs = 3): number {
  let least = Infinity;
  for (let run = 0; run < runs; run++) {
    const before = process.cpuUsage();
    work();
    least = Math.min(least, cpuMsSince(before));
  }
  return least;
}
