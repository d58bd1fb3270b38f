import fc from 'fast-check';
import { randomUUID } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import type { OwnInstance } from '../../src/llm-telemetry/store/core/instance.js';
import { type BegunDelivery, Outboxes } from '../../src/llm-telemetry/store/outbox/outboxes.js';
import { Sender } from '../../src/llm-telemetry/store/outbox/sender.js';
import { encodeRecord } from '../../src/llm-telemetry/store/record-codec/record-text.js';
import { callRecord } from '../support/call-records.js';
import { FakeDatabase, type WriteOutcome } from '../support/fake-database.js';
import { temporaryFolder } from '../support/temporary-folder.js';

/** Calls of processes that crash, with a database that fails: each call is in the database once. */

import.meta.jest.setTimeout(120_000);
const jest = import.meta.jest;
const folder = temporaryFolder();
beforeEach(() => void jest.useFakeTimers({ doNotFake: ['hrtime'] }));
afterEach(() => void jest.useRealTimers());

function instance(): OwnInstance {
  const names = { service: 'orders', version: '1', environment: 'test', instance: 'a' };
  return { id: randomUUID(), ...names, host: 'host', pid: 1, startedAt: 0 };
}

/** A process with an outbox, that can be killed. */
class Process {
  accepted = 0;
  written = 0;
  dropped = 0;
  readonly outboxes: Outboxes;
  private readonly sender: Sender;

  constructor(path: string, database: FakeDatabase) {
    const listener = { troubleChanged: () => undefined, warningRaised: () => undefined };
    const settings = { buffer: { path, maxBytes: 1e9 }, instance: instance(), target: 'fake' };
    this.outboxes = new Outboxes(settings, listener);
    const backend = database.connect();
    this.sender = new Sender(
      this.outboxes,
      (delivery) => backend.write(delivery),
      {
        delivered: (written, dropped) => {
          this.written += written;
          this.dropped += dropped;
        },
        failed: () => undefined,
        worked: () => undefined,
      },
      () => 250,
    );
  }

  record(texts: readonly string[]): void {
    this.accepted += this.outboxes.append(texts);
    this.sender.schedule();
  }

  adopt(): void {
    this.outboxes.maintain();
    this.sender.schedule();
  }

  /** Ends the process like a signal: the operating system closes its files. */
  kill(): void {
    this.sender.stop();
    const { own, adopted } = this.outboxes as unknown as {
      own: { database: { close(): void } };
      adopted: Map<string, { database: { close(): void } }>;
    };
    for (const outbox of [own, ...adopted.values()]) outbox.database.close();
    this.outboxes.acknowledge = (_begun: BegunDelivery) => false;
  }
}

let made = 0;
function texts(count: number): readonly string[] {
  return Array.from({ length: count }, () =>
    encodeRecord(callRecord({ startedAt: 1.7e12 + (made % 7), attributes: { call: made++ } })),
  );
}

type Step =
  | { readonly do: 'record'; readonly calls: number }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'crash' | 'start' };

const outcome = fc.constantFrom<WriteOutcome>(
  'written',
  'failed',
  'unanswered',
  'frozen',
  'frozen_after_commit',
);
const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('record' as const), calls: fc.integer({ min: 1, max: 40 }) }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 3000 }) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('crash' as const, 'start' as const) }) },
);

it('writes each call once, whatever fails and whichever process delivers it', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 25 }),
      fc.array(outcome, { maxLength: 12 }),
      fc.nat({ max: 6 }),
      async (steps: readonly Step[], outcomes, atFault) => {
        const path = mkdtempSync(join(folder.path, 'run-'));
        const database = new FakeDatabase();
        database.outcomes.push(...outcomes);
        // None, or every seventh call.
        const isAtFault = (text: string): boolean =>
          atFault > 0 && Number(/"call":(\d+)/.exec(text)![1]) % 7 === atFault;
        database.rejects = ({ text }) => isAtFault(text);
        const all: string[] = [];
        let running: Process[] = [new Process(path, database)];
        for (const { do: kind, ...with_ } of steps) {
          if (kind === 'record') {
            const added = texts((with_ as { calls: number }).calls);
            all.push(...added);
            running.at(-1)!.record(added);
          } else if (kind === 'wait') await jest.advanceTimersByTimeAsync((with_ as { ms: number }).ms);
          else if (kind === 'crash') {
            running.pop()!.kill();
            if (running.length === 0) running = [new Process(path, database)];
          } else running.push(new Process(path, database));
          running.at(-1)!.adopt();
        }
        for (const process of running) process.kill();
        database.outcomes.length = 0;
        const last = new Process(path, database);
        for (let rounds = 0; rounds < 20; rounds++) {
          last.adopt();
          await jest.advanceTimersByTimeAsync(60_000);
        }
        expect(last.outboxes.waiting).toBe(0);
        expect(database.violations).toEqual([]);
        const wanted = all.filter((text) => !isAtFault(text)).sort();
        expect([...database.calls.values()].sort()).toEqual(wanted);
        last.kill();
      },
    ),
    { numRuns: 25 },
  );
});
