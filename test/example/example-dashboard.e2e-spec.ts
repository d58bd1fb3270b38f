import { ExampleApp } from '../support/example-app.js';

describe('the dashboard of the example', () => {
  let example: ExampleApp;
  afterEach(() => example.stop());

  it('is served at /llm and contains a call as soon as the call ends', async () => {
    example = await ExampleApp.start();
    await example.summarize('Order #1: 2 x Lamp').expect(200);
    await example
      .get('/llm')
      .expect(200)
      .expect('content-security-policy', /default-src 'none'/);
    const { body } = await example.get('/llm/api/breakdown?by=feature').expect(200);
    expect(body).toMatchObject({
      total: { calls: 1 },
      groups: [{ names: { feature: 'order_dashboard' }, measures: { calls: 1 } }],
    });
    const alerts = await example.get('/llm/api/alerts').expect(200);
    expect(alerts.body.alerts.map(({ name }: { name: string }) => name).sort()).toEqual([
      'budget_burn',
      'content_filter',
      'cost_spike',
      'error_ratio',
      'high_latency',
      'missing_usage',
      'rate_limiting',
      'traffic_gone',
      'truncation_spike',
      'unpriced_calls',
    ]);
  });

  it('requires LLM_DASHBOARD_TOKEN if it is set; /health does not', async () => {
    const token = 'a-token-that-is-hard-to-guess-8c41';
    example = await ExampleApp.start({ env: { LLM_DASHBOARD_TOKEN: token } });
    await example.get('/llm').expect(401);
    await example.get('/llm/api/summary').expect(401);
    await example.get('/llm/api/summary').set('authorization', `Bearer ${token}`).expect(200);
    await example.get('/health').expect(200, { status: 'ok' });
  });
});
