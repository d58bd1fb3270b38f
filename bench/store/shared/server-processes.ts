import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Clock ticks per second in `/proc`, on all architectures that Node.js supports. */
const TICKS_PER_SECOND = 100;

interface ProcessStat {
  readonly pid: number;
  readonly parent: number;
  /** Processor time of the process and of its children that ended, milliseconds. */
  readonly ms: number;
}

/** Returns the processor time of a process and its children, milliseconds; `null` without `/proc`. */
export function processorMsOf(pid: number): number | null {
  const family = familyOf(pid);
  return family.length === 0 ? null : family.reduce((sum, { ms }) => sum + ms, 0);
}

/** Processor time of each thread, milliseconds. */
export type TimesByThread = ReadonlyMap<string, number>;

/**
 * Returns the processor time of the threads of a process and its children, with the precision of the scheduler; `null` if the
 * kernel does not tell.
 */
export function threadTimesOf(pid: number): TimesByThread | null {
  const times = new Map<string, number>();
  for (const member of familyOf(pid)) {
    const folder = `/proc/${member.pid}/task`;
    try {
      for (const thread of readdirSync(folder))
        times.set(thread, Number(readFileSync(`${folder}/${thread}/schedstat`, 'utf8').split(' ')[0]) / 1e6);
    } catch {
      // It has ended.
    }
  }
  return times.size > 0 ? times : null;
}

/** Returns the processor time between two readings, milliseconds, without threads that ended. */
export function elapsedOf(before: TimesByThread, after: TimesByThread): number {
  let ms = 0;
  for (const [thread, time] of after) ms += time - (before.get(thread) ?? 0);
  return ms;
}

/** Ends a process and its children with SIGKILL, and waits until they are gone. */
export async function killFamily(pid: number): Promise<void> {
  const pids = new Set([pid, ...familyOf(pid).map((stat) => stat.pid)]);
  // The parent first, because it would start children again.
  for (const each of pids) {
    try {
      process.kill(each, 'SIGKILL');
    } catch {
      // It has ended.
    }
  }
  while ([...pids].some(isRunning)) await sleep(10);
}

function familyOf(pid: number): readonly ProcessStat[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((name) => statOf(Number(name)) ?? [])
      .filter((stat) => stat.pid === pid || stat.parent === pid);
  } catch {
    return [];
  }
}

/** See proc_pid_stat(5). */
function statOf(pid: number): ProcessStat | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name of the program can contain spaces and parentheses.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
    return { pid, parent: Number(fields[1]), ms: (ticks * 1000) / TICKS_PER_SECOND };
  } catch {
    return null;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    // A zombie has ended, and waits for its parent.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
