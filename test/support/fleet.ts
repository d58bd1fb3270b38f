import { EventEmitter, once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CallRecord, StoreStatus } from 'nestjs-llm-telemetry';
import type { AlertsOptions } from '../../src/llm-telemetry/alerts/definitions/alerts.options.js';
import type { Budget } from '../../src/llm-telemetry/budgets/budget.options.js';
import type { StoreTrouble } from '../../src/llm-telemetry/store/call-store.js';
import type { NotifiedState } from '../../src/llm-telemetry/store/fleet.js';
import { callRecord } from './call-record.js';
import { NodeProcess, type ProcessEnd } from './node-process.js';
import { poll } from './poll.js';
import type { SharedDatabase, Totals } from './shared-database.js';

const PROGRAM = fileURLToPath(new URL('../process/fleet-member.mjs', import.meta.url));
const CLOCK = new URL('../process/clock-offset.mjs', import.meta.url).href;

/** The timeout of tests is shorter. */
const POLL = { everyMs: 100, timeoutMs: 3_600_000 };

export interface MemberOptions {
  /** Folder of the outbox. By default, each member has its own. */
  readonly outbox?: string;
  readonly migrate?: true | 'check';
  readonly clockOffsetMs?: number;
}

/** Traffic of one member on one budget. */
export interface Spending {
  readonly budget: Budget;
  readonly perSecond: number;
  readonly callMs: number;
  readonly costUsd: number;
  readonly spreadUsd: number;
  /** The traffic ends when no call was admitted for this long. */
  readonly quietMs: number;
}

/** Requests to a member: parameters and result. */
interface Commands {
  record: [{ readonly count: number; readonly differences?: Partial<CallRecord> }, null];
  start: [{ readonly perSecond: number }, null];
  stop: [null, null];
  made: [null, Totals];
  status: [null, MemberStatus];
  flush: [null, null];
  settle: [null, Totals];
  watch: [
    Pick<AlertsOptions, 'limits' | 'disabled'> & {
      readonly at: number;
      readonly endsAtClaim?: NotifiedState | undefined;
    },
    null,
  ];
  evaluate: [{ readonly at: number }, null];
  spend: [Spending, SpendingResult];
}

export interface SpendingResult {
  readonly spentUsd: number;
  readonly admitted: number;
  readonly refused: number;
  /** Duration of each decision. */
  readonly admitMs: readonly number[];
}

interface MemberStatus extends Pick<StoreStatus, 'state' | 'waiting' | 'written' | 'dropped'> {
  readonly trouble: StoreTrouble | null;
}

interface MemberMessage {
  readonly id?: number;
  readonly result?: unknown;
  readonly error?: string;
  readonly trouble?: StoreTrouble | null;
  readonly warning?: string;
  readonly notified?: string;
}

/** One process of a fleet. */
export class FleetMember {
  /** Changes of alerts that it has notified. */
  readonly notified: string[] = [];
  /** Warnings in its log. */
  readonly warnings: string[] = [];
  trouble: StoreTrouble | null = null;
  readonly process: NodeProcess;
  private readonly events = new EventEmitter().setMaxListeners(0);
  private asked = 0;
  hasEnded = false;

  constructor(
    database: SharedDatabase,
    readonly name: string,
    readonly outbox: string,
    { migrate = true, clockOffsetMs = 0 }: MemberOptions,
  ) {
    const options = database.options(migrate);
    const member = { kind: database.kind, options, name, outbox, record: callRecord() };
    this.process = new NodeProcess([...(clockOffsetMs === 0 ? [] : ['--import', CLOCK]), PROGRAM], {
      cwd: outbox,
      env: { MEMBER: JSON.stringify(member), CLOCK_OFFSET_MS: String(clockOffsetMs) },
      onMessage: (message) => this.receive(message as MemberMessage),
    });
    void this.process.ended.then(() => {
      this.hasEnded = true;
      this.events.emit('ended');
    });
  }

  /** Sends a request. @throws Error if it fails, or the process ends. */
  async ask<Command extends keyof Commands>(
    command: Command,
    parameters: Commands[Command][0],
  ): Promise<Commands[Command][1]> {
    const id = this.asked++;
    const answer = this.event(`answer ${id}`, `answering ${command}`);
    this.process.send({ id, command, parameters });
    const { result, error } = (await answer) as MemberMessage;
    if (error !== undefined) throw new Error(`${this.name}: ${error}`);
    return result as Commands[Command][1];
  }

  /** Resolves when the store reports a trouble; `null`: that it has none. */
  async reports(trouble: StoreTrouble | null): Promise<void> {
    while (this.trouble !== trouble) await this.event('trouble', `reporting ${trouble}`);
  }

  async kill(): Promise<void> {
    this.process.kill('SIGKILL');
    await this.process.ended;
  }

  /** Ends the process as a service is shut down. */
  close(): Promise<ProcessEnd> {
    this.process.send({ command: 'close' });
    return this.process.ended;
  }

  private receive(message: MemberMessage): void {
    if (message.id !== undefined) return void this.events.emit(`answer ${message.id}`, message);
    if (message.notified !== undefined) this.notified.push(message.notified);
    if (message.warning !== undefined) this.warnings.push(message.warning);
    if (message.trouble === undefined) return;
    this.trouble = message.trouble;
    this.events.emit('trouble');
  }

  private async event(name: string, description: string): Promise<unknown> {
    const waiting = new AbortController();
    try {
      return await Promise.race([
        once(this.events, name, waiting).then(([value]) => value as unknown),
        once(this.events, 'ended', waiting).then(() => this.fail(description)),
        ...(this.hasEnded ? [this.fail(description)] : []),
      ]);
    } finally {
      waiting.abort();
    }
  }

  private async fail(description: string): Promise<never> {
    const { code, signal } = await this.process.ended;
    throw new Error(
      `${this.name} ended with ${code ?? signal} before ${description}.\n${this.process.stdout}${this.process.stderr}`,
    );
  }
}

/** Processes that share a database. */
export class Fleet {
  readonly members: FleetMember[] = [];
  private readonly folder = mkdtempSync(join(tmpdir(), 'nestjs-llm-telemetry-fleet-'));

  constructor(private readonly database: SharedDatabase) {}

  /** Starts a process. */
  start({ outbox = mkdtempSync(join(this.folder, 'outbox-')), ...options }: MemberOptions = {}): FleetMember {
    const member = new FleetMember(this.database, `orders-${this.members.length}`, outbox, options);
    this.members.push(member);
    return member;
  }

  /** Asks all processes at once. */
  all<Command extends keyof Commands>(
    command: Command,
    parameters: Commands[Command][0],
  ): Promise<ReadonlyArray<Commands[Command][1]>> {
    return Promise.all(this.members.map((member) => member.ask(command, parameters)));
  }

  /** Waits until the database has all calls, and returns their totals. */
  async settle(): Promise<Totals> {
    return sum(await this.all('settle', null));
  }

  /** Resolves when each process has this many calls that wait for the database. */
  waiting(calls: number): Promise<true> {
    return poll(
      async () => (await this.all('status', null)).every(({ waiting }) => waiting >= calls) || undefined,
      () => `each process has ${calls} calls that wait`,
      POLL,
    );
  }

  /** Resolves when the database has got this many more calls of each process. */
  async written(calls: number): Promise<void> {
    const before = await this.all('status', null);
    await poll(
      async () =>
        (await this.all('status', null)).every(
          ({ written }, index) => written >= before[index]!.written + calls,
        ) || undefined,
      () => `${calls} more calls of each process are written`,
      POLL,
    );
  }

  /** What the processes have printed and logged besides troubles of the store: nothing, if they are not disturbed. */
  get output(): string {
    return this.members
      .flatMap(({ process, warnings }) => [process.stdout, process.stderr, ...warnings])
      .join('');
  }

  /** Ends all processes, and deletes their files. */
  async stop(): Promise<void> {
    await Promise.all(this.members.map((member) => member.kill()));
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export function sum(totals: readonly Totals[]): Totals {
  return {
    calls: totals.reduce((all, { calls }) => all + calls, 0),
    units: totals.reduce((all, { units }) => all + units, 0),
  };
}
