import { once } from 'node:events';
import type { IncomingMessage, Server } from 'node:http';
import { CallExports } from '../../src/llm-telemetry/dashboard/server/endpoints/calls.endpoints.js';
import { callRecord } from '../support/call-records.js';
import { startDashboardApp, type DashboardApp } from '../support/dashboard-app.js';
import { connect } from '../support/event-stream.js';
import { PLATFORMS } from '../support/telemetry-app.js';

describe.each(Object.keys(PLATFORMS) as Array<keyof typeof PLATFORMS>)(
  'exports of calls on %s',
  (platform) => {
    let dashboard: DashboardApp;
    beforeEach(async () => {
      dashboard = await startDashboardApp({ platform });
    });
    afterEach(() => dashboard.stop());

    it('contain all matching calls of all pages', async () => {
      for (let index = 0; index < 2500; index++)
        dashboard.store.record(callRecord({ feature: `f${index}`, operation: index % 5 === 0 ? 'a' : 'b' }));
      const csv = await dashboard.get('/llm/api/calls.csv');
      expect(csv.headers).toMatchObject({
        'content-type': 'text/csv; charset=utf-8',
        'content-disposition': 'attachment; filename="llm-calls.csv"',
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
      });
      const lines = csv.text.split('\r\n');
      expect(lines[0]).toMatch(/^id,started_at,ended_at,feature,operation,/);
      expect(lines.at(-1)).toBe('');
      expect(new Set(lines.slice(1, -1).map((line) => line.split(',')[3])).size).toBe(2500);

      const ndjson = await dashboard.get('/llm/api/calls.ndjson?operation=a');
      expect(ndjson.headers).toMatchObject({ 'content-type': 'application/x-ndjson; charset=utf-8' });
      const calls = ndjson.text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as { operation: string });
      expect(calls).toHaveLength(500);
      expect(calls).toEqual(
        expect.arrayContaining([expect.objectContaining({ operation: 'a', costUsd: 0.0003 })]),
      );
    });

    it.each([
      [`=HYPERLINK("http://evil.example";"x")`, `"'=HYPERLINK(""http://evil.example"";""x"")"`],
      ['+1+1', `'+1+1`],
      ['-1', `'-1`],
      ['@SUM(A1)', `'@SUM(A1)`],
      [' =1', `' =1`],
      ['\t=1', `"'\t=1"`],
      ['\r=1', `"'\r=1"`],
      ['＝1', `'＝1`],
      ['a,b', `"a,b"`],
      ['a"b', `"a""b"`],
      ['a\r\nb', `"a\r\nb"`],
      ['a=b', 'a=b'],
      // OWASP/www-community#443: in locales with semicolons as separators, a semicolon starts a new cell.
      ['x;=1+2', `"x;'=1+2"`],
      ['x; =1', `"x; '=1"`],
      ['x;"=1"', `"x;""'=1"""`],
      ['x;;+1;-1;@A;＝1', `"x;;'+1;'-1;'@A;'＝1"`],
      ['=1;=2', `"'=1;'=2"`],
      ['x\t=1', `"x\t'=1"`],
      ['x\n=1', `"x\n'=1"`],
      ['x;y=1', `"x;y=1"`],
      ['x ;1-2', `"x ;1-2"`],
    ])('escape %j so that spreadsheets do not evaluate it', async (feature, cell) => {
      dashboard.store.record(callRecord({ feature, model: feature }));
      const { text } = await dashboard.get('/llm/api/calls.csv');
      const [, row] = text.split(/\r\n(?=\d|$)/);
      expect(row).toContain(`Z,${cell},summarize,openai,${cell},,,ok,`);
    });

    it('contain the user of each call and numbers rounded to their precision', async () => {
      dashboard.store.record(
        callRecord({
          identity: { userId: 'ada' },
          durationMs: 812.3456789,
          cost: { source: 'table', costUsd: 0.1 + 0.2 },
        }),
      );
      const csv = await dashboard.get('/llm/api/calls.csv?user=ada');
      expect(csv.text.split('\r\n')[0]).toMatch(
        /,trace_id,user,budget_exceeded,batch,batch_item,cost_reason_code,service,version,environment,instance$/,
      );
      expect(csv.text.split('\r\n')[1]).toMatch(/,812\.346,,.*,0\.3,table,,ada,false,,,,,,,$/);
      const ndjson = await dashboard.get('/llm/api/calls.ndjson?user=ada');
      expect(JSON.parse(ndjson.text)).toMatchObject({ user: 'ada', durationMs: 812.346, costUsd: 0.3 });
      expect((await dashboard.get('/llm/api/calls.ndjson?user=eve')).text).toBe('');
    });

    // apache/airflow#68858: a list that is sorted by a nullable column silently drops rows.
    it('are rejected, not truncated, if too many calls would have to be sorted', async () => {
      const { store } = dashboard;
      const to = Date.now();
      store.calls = async () => ({ calls: [], next: null, searchedTo: to + 1e9 });
      const answer = await dashboard.get('/llm/api/calls.csv?sort=costUsd');
      expect(answer.status).toBe(400);
      expect(answer.json()).toMatchObject({ message: expect.stringContaining('Use a shorter range') });
    });

    it('leave unknown values empty', async () => {
      dashboard.store.record(
        callRecord({ cost: { source: 'unknown', costUsd: null }, model: null, provider: null }),
      );
      const { text } = await dashboard.get('/llm/api/calls.csv');
      expect(text.split('\r\n')[1]).toMatch(
        /,summarize,,,,,ok,false,false,0,0,800,,,,,,unknown,,,false,,,no_request,,,,$/,
      );
    });

    it('respect back-pressure, are limited in number and stop when the client disconnects', async () => {
      const { store } = dashboard;
      for (let index = 0; index < 1000; index++) store.record(callRecord());
      const { calls } = await store.calls({ range: { from: 0, to: Date.now() + 1000 }, limit: 1000 });
      let pages = 0;
      store.calls = async () => ({ calls, next: String(++pages), searchedTo: 0 });
      const endless: IncomingMessage[] = [];
      for (let count = 0; count < 4; count++)
        endless.push(await connect(dashboard.port, '/llm/api/calls.ndjson'));

      const refused = await dashboard.get('/llm/api/calls.csv');
      expect([refused.status, refused.headers['retry-after']]).toEqual([503, '10']);

      for (const response of endless) response.destroy();
      store.calls = async () => ({ calls: [], next: null, searchedTo: 0 });
      let status = 503;
      while (status === 503) ({ status } = await dashboard.get('/llm/api/calls.csv'));
      expect(status).toBe(200);
      // Buffers of four connections hold fewer pages, at 0.5 MB a page.
      expect(pages).toBeLessThan(100);
    });

    it('end if the client stalls, so that others can be served', async () => {
      const { store } = dashboard;
      for (let index = 0; index < 1000; index++) store.record(callRecord());
      const { calls } = await store.calls({ range: { from: 0, to: Date.now() + 1000 }, limit: 1000 });
      store.calls = async () => ({ calls, next: 'more', searchedTo: 0 });
      dashboard.app.get(CallExports, { strict: false }).stallMs = 200;
      const ends: Array<Promise<unknown>> = [];
      const server = dashboard.app.getHttpServer() as Server;
      server.on('request', (_request, response) => ends.push(once(response, 'close')));
      const stalled: IncomingMessage[] = [];
      for (let count = 0; count < 4; count++)
        stalled.push((await connect(dashboard.port, '/llm/api/calls.csv')).pause());
      await Promise.all(ends);
      store.calls = async () => ({ calls: [], next: null, searchedTo: 0 });
      expect((await dashboard.get('/llm/api/calls.csv')).status).toBe(200);
      for (const response of stalled) response.destroy();
    });

    it('continue without a time limit if the client reads slowly', async () => {
      const { store } = dashboard;
      for (let index = 0; index < 1000; index++) store.record(callRecord());
      const { calls } = await store.calls({ range: { from: 0, to: Date.now() + 1000 }, limit: 1000 });
      let pages = 0;
      store.calls = async () => ({ calls, next: ++pages < 40 ? 'more' : null, searchedTo: 0 });
      dashboard.app.get(CallExports, { strict: false }).stallMs = 2000;
      const response = await connect(dashboard.port, '/llm/api/calls.ndjson');
      const startedAt = performance.now();
      let bytes = 0;
      for await (const piece of response) {
        bytes += (piece as Buffer).length;
        // The export takes longer than stallMs in total, but never pauses for that long.
        if (performance.now() - startedAt < 2500) await new Promise((resolve) => setTimeout(resolve, 20));
      }
      expect(response.complete).toBe(true);
      expect(performance.now() - startedAt).toBeGreaterThan(2500);
      expect(bytes).toBeGreaterThan(10_000_000);
    });

    it('abort the connection if the store fails, so that a partial file is not mistaken for a complete one', async () => {
      const { store } = dashboard;
      store.record(callRecord());
      const { calls } = await store.calls({ range: { from: 0, to: Date.now() + 1000 } });
      let pages = 0;
      store.calls = async () => {
        if (++pages === 3) throw new Error('the disk is gone');
        return { calls, next: 'more', searchedTo: 0 };
      };
      await expect(dashboard.get('/llm/api/calls.csv')).rejects.toThrow('aborted');
    });
  },
);
