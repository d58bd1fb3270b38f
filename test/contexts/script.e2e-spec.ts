import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { CallRecord } from 'nestjs-llm-telemetry';
import type { LedgerEntry } from 'nestjs-llm-telemetry/testing';
import { NodeProcess, type ProcessEnd } from '../support/node-process.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

import.meta.jest.setTimeout(60_000);

interface Printed {
  readonly records: readonly CallRecord[];
  readonly failure: string;
  readonly bill: readonly LedgerEntry[];
}

describe('calls in a plain script', () => {
  let script: NodeProcess;
  let end: ProcessEnd;
  let printed: Printed;
  beforeAll(async () => {
    // Builds only if the sources have changed since `dist` was built.
    spawnSync(process.execPath, ['scripts/prepare.mjs', '--build'], { cwd: root });
    script = new NodeProcess(['test/process/script.mjs'], { cwd: root });
    end = await script.ended;
    printed = JSON.parse(script.stdout || '{}') as Printed;
  });
  afterAll(() => NodeProcess.killAll());

  it('let the process exit by itself without output on stderr', () => {
    expect([end, script.stderr]).toEqual([{ code: 0, signal: null }, '']);
  });

  it.each([
    ['run', 'one', 1],
    ['retried', 'two', 2],
    ['digest', 'three', 1],
  ])('are recorded separately with their tokens and attempts: %s', (operation, model, attempts) => {
    const record = printed.records.find(({ requestModel }) => requestModel === model)!;
    const lines = printed.bill.filter((line) => line.model === model);
    expect(lines).toHaveLength(attempts);
    expect(record).toMatchObject({ feature: 'script', operation, failure: null, route: null, identity: {} });
    expect(record.attempts.map(({ requestId }) => requestId)).toEqual(
      lines.map(({ requestId }) => requestId),
    );
    const { inputTokens, outputTokens } = lines.at(-1)!;
    expect(record.usage).toMatchObject({ source: 'provider', inputTokens, outputTokens });
  });

  it('that fail are recorded as failed and throw the original error', () => {
    expect(printed.failure).toBe('BadRequestError');
    expect(printed.records.find(({ requestModel }) => requestModel === 'four')).toMatchObject({
      operation: 'digest',
      failure: { type: 'bad_request', errorClass: 'BadRequestError' },
      usage: null,
    });
  });
});
