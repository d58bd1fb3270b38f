import { NodeProcess } from '../support/node-process.js';
import { fixture, folder, GOOD_END } from './support/processes.js';

describe('the built library', () => {
  async function run(name: string, ...args: string[]): Promise<unknown> {
    const process = new NodeProcess([fixture(name), ...args], { cwd: folder.path });
    const end = await process.ended;
    expect({ ...end, stderr: process.stderr }).toEqual({ ...GOOD_END, stderr: '' });
    return JSON.parse(process.stdout);
  }

  it('reports an unhandled rejection to the process once, with the original error', async () => {
    const { unhandled, failures } = (await run('unhandled-rejections.mjs')) as {
      unhandled: string[];
      failures: string[];
    };
    expect(unhandled.sort()).toEqual(['async', 'retry', 'run']);
    expect(failures).toEqual(['unknown', 'unknown', 'unknown']);
  });

  it('reports the same unhandled rejections of lazy results as methods without the annotation', async () => {
    const heard = (await run('unhandled-lazy-results.mjs')) as Record<string, string[]>;
    expect(heard['plain']!.sort()).toEqual([
      'a pipe of a stream',
      'a step of a generator',
      'a subclass with finally',
      'a subclass with then',
      'a subclass, not consumed',
    ]);
    expect(heard['annotated']!.sort()).toEqual(heard['plain']);
    expect(heard['retried']!.sort()).toEqual(heard['plain']);
  });

  it('reports unhandled rejections of refused event streams like the SDKs, with LlmBudgetExceededError', async () => {
    const { heard, requests } = (await run('refused-streams.mjs')) as {
      heard: Record<'plain' | 'annotated', Array<[scenario: string, error: string]>>;
      requests: Record<string, number>;
    };
    expect(heard.plain.length).toBeGreaterThan(0);
    expect(heard.annotated).toEqual(heard.plain.map(([scenario]) => [scenario, 'LlmBudgetExceededError']));
    expect(requests).toMatchObject({ held: 1, annotated: 0 });
    expect(requests['plain']).toBeGreaterThan(heard.plain.length);
  });

  // https://github.com/datocms/js-rest-api-clients/pull/52: `instanceof` was false for errors of the other build.
  it('recognizes errors of another copy of itself with instanceof', async () => {
    const { instances, others, response } = (await run('errors-of-copies.mjs')) as {
      instances: Array<[name: string, matches: boolean]>;
      others: unknown[];
      response: unknown;
    };
    expect(instances.length).toBe(5);
    expect(instances).toEqual(instances.map(([name]) => [name, true]));
    expect(others).toEqual([]);
    expect(response).toEqual({
      status: 429,
      headers: { 'Retry-After': '90' },
      body: { statusCode: 429, message: 'Unavailable', errorType: 'budget_exceeded' },
    });
  });

  it.each(['esm', 'cjs'])('loads the price table once the application has started (%s)', async (copy) => {
    const loads = { afterImport: 0, afterStart: 0, later: 1 };
    expect(await run('price-table.mjs', copy)).toEqual({ ...loads, costs: [] });
  });

  it.each(['esm', 'cjs'])('prices a call that ends before the application has started (%s)', async (copy) => {
    const loads = { afterImport: 0, afterStart: 1, later: 1 };
    expect(await run('price-table.mjs', copy, 'early')).toEqual({
      ...loads,
      costs: [{ source: 'table', costUsd: 0.15 }],
    });
  });

  it('loads little code when it is imported, and all code of a call before the first call', async () => {
    const { records, ...loaded } = (await run('loaded-code.mjs')) as {
      [Step in 'import' | 'start' | 'afterStart' | 'call']: string[];
    } & { records: number };
    expect(records).toBe(1);
    expect(loaded.import.sort()).toEqual(['base.js', 'check-node.js', 'rolldown-runtime.js', 'tap.js']);
    expect(loaded.start).toEqual(expect.arrayContaining(['create-parts.js', 'built-in-formats.js']));
    expect(loaded.call).toEqual([]);
  });

  it.each<[string, string[], number]>([
    ['two copies', ['esm', 'copy'], 2],
    ['two copies, the first as CommonJS', ['cjs', 'copy'], 2],
    ['two copies, each with annotations of the other', ['esm', 'copy', 'copy', 'esm'], 2],
    ['one copy', ['esm', 'esm'], 1],
    ['one copy in both module formats', ['esm', 'cjs'], 1],
  ])('serves two applications in one process: %s', async (_, args, copies) => {
    expect(await run('two-applications.mjs', ...args)).toEqual({
      copies,
      taps: 1,
      requests: 30,
      records: [
        {
          'application 1, summarize, attempts: 1': 10,
          'application 1, around, attempts: 0': 10,
        },
        { 'application 2, summarize, attempts: 1': 20 },
      ],
    });
  });
});
