import { startDashboardApp, type Answer, type DashboardApp } from '../support/dashboard-app.js';
import { PLATFORMS } from '../support/telemetry-app.js';

describe.each(Object.keys(PLATFORMS) as Array<keyof typeof PLATFORMS>)('the API on %s', (platform) => {
  let dashboard: DashboardApp;
  beforeAll(async () => {
    const traceUrl = 'https://traces.example/{traceId}?span={spanId}';
    dashboard = await startDashboardApp({ platform, options: { dashboard: { traceUrl } } });
  });
  afterAll(() => dashboard.stop());
  beforeEach(() => {
    dashboard.store.rows.length = 0;
    dashboard.store.available = true;
  });

  describe('validation of parameters', () => {
    const refused = async (path: string): Promise<Answer> => {
      const answer = await dashboard.get(`/llm/api/${path}`);
      expect([path, answer.status]).toEqual([path, 400]);
      expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
      expect(answer.headers['x-content-type-options']).toBe('nosniff');
      expect(answer.text).not.toMatch(/[<>]|alert\(|DROP TABLE|passwd/);
      return answer;
    };

    it.each([
      'summary?from=yesterday',
      'summary?from=2026-02-30T00:00:00Z',
      'summary?from=2026-11-24T25:00:00Z',
      'summary?from=1764000000000',
      'summary?from=-271821-04-20T00:00:00Z',
      'summary?from=1969-12-31T23:59:59Z',
      'summary?to=9999-12-31T23:59:59Z',
      'summary?from=',
      'summary?from=2026-11-24T12:00:00Z&to=2026-11-24T12:00:00Z',
      'summary?from=2026-11-24T13:00:00Z&to=2026-11-24T12:00:00Z',
      'summary?from=2026-11-24&from=2026-11-23',
      'summary?unknown=1',
      'summary?__proto__=1',
      'summary?constructor=1',
      'summary?feature[]=a',
      'summary?feature[$ne]=a',
      'summary?%3Cscript%3Ealert(1)%3C/script%3E=1',
      'summary?from=%3Cscript%3Ealert(1)%3C/script%3E',
      `calls?text=${'a'.repeat(201)}`,
      `summary?${'feature=a&'.repeat(51)}`,
      'breakdown',
      'breakdown?by=',
      'breakdown?by=constructor',
      'breakdown?by=feature;DROP TABLE calls'.replaceAll(' ', '%20'),
      'breakdown?by=feature&by=feature',
      'breakdown?by=feature&limit=0',
      'breakdown?by=feature&limit=1001',
      'breakdown?by=feature&limit=1e2',
      'breakdown?by=feature&quantiles=yes',
      'timeline',
      'timeline?metric=__proto__',
      'timeline?metric=duration.p50&metric=nothing',
      'timeline?metric=calls&bucket=1m&from=2026-01-01T00:00:00Z&to=2026-11-24T00:00:00Z',
      'timeline?metric=calls&bucket=0m',
      'timeline?metric=calls&bucket=1s',
      'timeline?metric=calls&bucket=-1h',
      'timeline?metric=calls&bucket=10000d',
      'timeline?metric=calls&utcOffset=841',
      'timeline?metric=calls&utcOffset=0.5',
      'timeline?metric=calls&limit=51',
      'errors?bucket=1m',
      'calls?limit=0',
      'calls?limit=1001',
      'calls?sort=id',
      'calls?sort=costUsd&order=asc',
      'calls?order=sideways',
      'calls?retried=maybe',
      'calls?outcome=nonsense',
      'calls?outcome=ok&outcome=OK',
      'calls?outcome=ok&outcome=ok',
      'calls?sort=costUsd&sort=tokens',
      'calls.csv?outcome=',
      'budgets?x=1',
      'what-if',
      'what-if?model=a&model=b',
      'calls?cursor=%27;DROP%20TABLE%20calls',
      `calls/${'a'.repeat(65)}`,
      'calls/1%27%20OR%201=1',
      'calls/a%00b',
      'calls/1.5',
      'calls/1?x=1',
      'calls.csv?limit=5',
      'status?x=1',
      'alerts?x=1',
      'live?x=1',
    ])('rejects %s', (path) => refused(path));

    it('responds with a message that contains the expected values', async () => {
      expect((await refused('summary?form=2026-11-24')).json()).toEqual({
        statusCode: 400,
        message:
          'Unknown query parameter "form". Did you mean "from"? ' +
          'Allowed: from, to, feature, operation, provider, model, route, tenant, user, service, version, environment, instance.',
        error: 'Bad Request',
      });
      const messageOf = async (path: string): Promise<unknown> =>
        ((await refused(path)).json() as { message: string }).message;
      expect(await messageOf('calls?outcome=nonsense')).toMatch(
        /^Query parameter "outcome" must be "failed", "truncated", .* or "\w+", received "nonsense"\./,
      );
      expect(await messageOf('breakdown?by=mode')).toBe(
        'Query parameter "by" must be "feature", "operation", "provider", "model", "service", "version", "environment", ' +
          '"route", "tenant", "user" or "instance", ' +
          'received "mode". Did you mean "model"?',
      );
      expect(await messageOf('calls?limit=0')).toBe(
        'Query parameter "limit" must be an integer from 1 to 1000, received "0".',
      );
      expect(await messageOf('calls?order=asc&order=asc')).toBe(
        'Query parameter "order" is repeated. It can be given once.',
      );
      expect(await messageOf('status?x=1')).toBe('Unknown query parameter "x". Allowed: none.');
    });
  });
});
