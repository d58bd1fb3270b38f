import { NodeProcess } from '../support/node-process.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { LiveAlerts } from './support/live-alerts.js';

/**
 * Tests the path from a fault of the provider to a webhook: the example service runs in a separate process,
 * Prometheus scrapes it and evaluates the generated rules with shortened windows, and Alertmanager posts the alerts.
 */
describe('alerts of Prometheus', () => {
  const folder = temporaryFolder();
  let live: LiveAlerts;
  afterEach(async () => {
    await live.stop();
    await NodeProcess.killAll();
  });

  it('high_latency fires on slow responses and resolves', async () => {
    live = await LiveAlerts.start(folder.path, ['--scale-windows', '0.01', '--limit', 'high_latency=300'], {
      latency: { firstTokenMs: 400, perTokenMs: 0 },
    });
    const stop = live.keepOrdering('2 x Lamp.', 16);
    const fired = await live.told('high_latency', 'firing');
    expect(fired.labels).toEqual({
      alertname: 'high_latency',
      severity: 'critical',
      job: 'shop',
      llm_feature: 'order_dashboard',
      llm_operation: 'summarize',
    });
    const { description } = fired.annotations;
    expect(description).toMatch(
      /^P99 duration of order_dashboard\/summarize in shop: [\d.]+m?s in 3 s, above the limit of 300 ms/,
    );
    await stop();
    await live.told('high_latency', 'resolved');
  });

  it('truncation_spike fires on truncated responses and resolves', async () => {
    live = await LiveAlerts.start(folder.path, ['--scale-windows', '0.005']);
    const stopTruncated = live.keepOrdering('2 x Lamp. [emulate truncate after=5]', 8);
    const fired = await live.told('truncation_spike', 'firing');
    expect(fired.labels).toEqual({
      alertname: 'truncation_spike',
      severity: 'warning',
      job: 'shop',
      gen_ai_response_model: 'gpt-4o-mini-2024-07-18',
    });
    expect(fired.annotations['description']).toBe(
      'Truncated calls of gpt-4o-mini-2024-07-18 in shop: 100% in 4.5 s, above the limit of 5%. Raise the output token limit or shorten the input.',
    );
    await stopTruncated();
    const stop = live.keepOrdering('2 x Lamp.', 8);
    await live.told('truncation_spike', 'resolved');
    await stop();
  });

  it('rate_limiting fires on rate-limited requests and resolves', async () => {
    live = await LiveAlerts.start(folder.path, ['--scale-windows', '0.02']);
    const stop = live.keepOrdering('2 x Lamp. [emulate rate_limit retry_after=0]', 8);
    const fired = await live.told('rate_limiting', 'firing');
    expect(fired.labels).toEqual({ alertname: 'rate_limiting', severity: 'critical', job: 'shop' });
    const { description = '' } = fired.annotations;
    expect(description).toMatch(
      /^Rate-limited requests in shop: \d+ a minute, above the limit of 10 a minute\. Reduce concurrency/,
    );
    expect(Number(/(\d+) a minute/.exec(description)![1])).toBeGreaterThan(10);
    await stop();
    await live.told('rate_limiting', 'resolved');
  });

  it('cost_spike fires on a feature that costs more than usual and resolves', async () => {
    live = await LiveAlerts.start(folder.path, [
      '--scale-windows',
      '0.001',
      '--minimum',
      'cost_spike=0.0005',
    ]);
    const stopUsual = live.keepOrdering('2 x Lamp.', 1, 400);
    await live.prometheus.until(
      'job_llm_feature:llm_cost_usd:age_seconds >= 22 and job_llm_feature:llm_cost_usd:usual_increase3s600ms',
    );
    expect(await live.prometheus.query('ALERTS{alertname="cost_spike", alertstate="firing"}')).toEqual([]);
    await stopUsual();
    const stop = live.keepOrdering('2 x Lamp, and a long list of wishes.'.repeat(20), 8);
    const fired = await live.told('cost_spike', 'firing');
    expect(fired.labels).toEqual({
      alertname: 'cost_spike',
      severity: 'warning',
      job: 'shop',
      llm_feature: 'order_dashboard',
    });
    expect(fired.annotations['description']).toMatch(
      /^Cost of order_dashboard in shop: \$[\d.]+ in 3\.6 s, above the limit of 2 × the usual \$[\d.]+\. Compare calls/,
    );
    await stop();
    await live.told('cost_spike', 'resolved');
  });

  it('content_filter fires on the fourth blocked response and resolves', async () => {
    live = await LiveAlerts.start(folder.path, ['--scale-windows', '0.004']);
    for (let count = 0; count < 3; count++) await live.order('2 x Lamp. [emulate filter]');
    await live.prometheus.until('round(job:llm_content_filtered:increase14s400ms) == 3');
    expect(await live.prometheus.alerts()).not.toContainEqual(
      expect.objectContaining({ labels: expect.objectContaining({ alertname: 'content_filter' }) }),
    );
    await live.order('2 x Lamp. [emulate filter]');
    const fired = await live.told('content_filter', 'firing');
    expect(fired.labels).toEqual({ alertname: 'content_filter', severity: 'warning', job: 'shop' });
    expect(fired.annotations['description']).toBe(
      'Calls blocked by a content filter in shop: 4 in 14.4 s, above the limit of 3. Check the inputs of these calls and the filter settings of the provider.',
    );
    await live.told('content_filter', 'resolved');
  });
});
