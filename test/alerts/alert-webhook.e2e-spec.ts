import { Logger } from '@nestjs/common';
import type { WebhookOptions } from 'nestjs-llm-telemetry';
import type { Alert } from '../../src/llm-telemetry/alerts/definitions/alert.js';
import {
  MAX_ATTEMPTS,
  MAX_QUEUED_MESSAGES,
  MAX_WAIT_MS,
  Webhook,
} from '../../src/llm-telemetry/alerts/notifications/webhook.js';
import { FakeClock } from '../support/fake-clock.js';
import { silence, status, WebhookReceiver } from '../support/webhook-receiver.js';

Logger.overrideLogger(false);

const ALERT: Alert = {
  name: 'error_ratio',
  severity: 'critical',
  state: 'firing',
  names: { feature: 'support_chat' },
  value: 0.124,
  limit: 0.05,
  unit: 'ratio',
  condition: 'Failed calls above 5% in 5 min, by feature, for 5 min',
  sentence: 'Failed calls of support_chat: 12.4% in 5 min, above the limit of 5%.',
  note: null,
  since: 1_795_000_000_000,
  windowMs: 300_000,
  forMs: 300_000,
  key: 'error_ratio{feature="support_chat"}',
};

let receiver: WebhookReceiver;
beforeEach(async () => {
  receiver = await WebhookReceiver.start();
});
afterEach(() => receiver.stop());

/** Creates a webhook whose waits end immediately, and collects its failures. */
function webhook(options: Partial<WebhookOptions> = {}): {
  webhook: Webhook;
  waits: number[];
  failures: string[];
} {
  const failures: string[] = [];
  const clock = new (class extends FakeClock {
    override wait(ms: number): Promise<void> {
      this.waits.push(ms);
      return Promise.resolve();
    }
  })(0);
  return {
    webhook: new Webhook({ url: receiver.url, ...options }, 'shop', clock, (sentence) =>
      failures.push(sentence),
    ),
    waits: clock.waits,
    failures,
  };
}

describe('a webhook', () => {
  it('receives text and blocks for Slack, and the alert itself', async () => {
    const { webhook: sender } = webhook({ headers: { authorization: 'Bearer canary' } });
    sender.send(ALERT);
    const [message] = await receiver.received(1);
    expect(message!.headers).toMatchObject({
      'content-type': 'application/json',
      authorization: 'Bearer canary',
    });
    const text =
      ':red_circle: *error_ratio* firing in shop\nFailed calls of support_chat: 12.4% in 5 min, above the limit of 5%.';
    expect(message!.body).toEqual({
      text,
      blocks: [
        { type: 'section', text: { type: 'mrkdwn', text } },
        { type: 'context', elements: [{ type: 'mrkdwn', text: ALERT.condition }] },
      ],
      service: 'shop',
      alert: ALERT,
    });
    await sender.close();
  });

  it('receives escaped names that cannot mention a Slack channel', async () => {
    const { webhook: sender } = webhook();
    sender.send({ ...ALERT, sentence: 'Failed calls of <!channel> & <https://evil.example|here>: 12.4%.' });
    const { body } = (await receiver.received(1))[0]!;
    expect(body.text).toContain('&lt;!channel&gt; &amp; &lt;https://evil.example|here&gt;');
    expect(JSON.stringify([body.text, body.blocks])).not.toMatch(/[<>]/);
    await sender.close();
  });

  it('is retried with growing delays until it accepts the message', async () => {
    const { webhook: sender, waits, failures } = webhook({ timeoutMs: 2000 });
    receiver.answers.push(status(500), status(503), silence, (response) => response.destroy(), status(429));
    sender.send(ALERT);
    await receiver.received(6);
    await sender.close();
    expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000]);
    expect(failures).toEqual([]);
  });

  it('is retried after the delay in retry-after', async () => {
    const { webhook: sender, waits } = webhook();
    receiver.answers.push(status(429, { 'retry-after': '7' }), status(503, { 'retry-after': '86400' }));
    sender.send(ALERT);
    await receiver.received(3);
    await sender.close();
    expect(waits).toEqual([7000, 60_000]);
  });

  it('receives the next message after all attempts of the previous one have failed', async () => {
    const { webhook: sender, failures } = webhook();
    for (let n = 0; n < MAX_ATTEMPTS; n++) receiver.answers.push(status(500));
    sender.send(ALERT);
    sender.send({ ...ALERT, state: 'resolved' });
    const messages = await receiver.received(MAX_ATTEMPTS + 1);
    expect(messages.at(-1)!.body.alert).toMatchObject({ state: 'resolved' });
    expect(failures).toEqual([
      `Alert ${ALERT.key} (firing) was not delivered to the webhook: HTTP 500 (attempt 8).`,
    ]);
    await sender.close();
  });

  // prometheus/alertmanager#3727, SigNoz/signoz#12892: a 403 or a 429 dropped the notification.
  it.each([
    ['rejects the message', status(400), 'HTTP 400'],
    ['does not exist', status(404), 'HTTP 404'],
    ['redirects', status(302, { location: 'http://127.0.0.1:1/elsewhere' }), 'HTTP 302'],
  ])(
    'that %s is retried for two minutes, and the dropped message is logged',
    async (_what, answer, failure) => {
      const { webhook: sender, waits, failures } = webhook();
      for (let n = 0; n < MAX_ATTEMPTS; n++) receiver.answers.push(answer);
      sender.send(ALERT);
      await receiver.received(MAX_ATTEMPTS);
      await sender.close();
      expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000]);
      expect(receiver.messages).toHaveLength(MAX_ATTEMPTS);
      expect(failures).toEqual([
        `Alert ${ALERT.key} (firing) was not delivered to the webhook: ${failure} (attempt 8).`,
      ]);
    },
  );

  it('receives a message that it accepts after failures', async () => {
    const { webhook: sender, failures } = webhook();
    receiver.answers.push(status(302, { location: '/elsewhere' }), status(400));
    sender.send(ALERT);
    await receiver.received(3);
    await sender.close();
    expect(failures).toEqual([]);
  });

  it('does not delay other alerts with a long retry-after, which is capped', async () => {
    const clock = new FakeClock(0);
    const sender = new Webhook({ url: receiver.url }, 'shop', clock, () => {});
    receiver.answers.push(status(429, { 'retry-after': '3600' }));
    sender.send(ALERT);
    await receiver.received(1);
    sender.send({ ...ALERT, state: 'resolved' });
    sender.send({ ...ALERT, key: 'error_ratio{feature="other"}' });
    const keys = (await receiver.received(2)).map(({ body }) => body.alert['key']);
    expect(keys).toEqual([ALERT.key, 'error_ratio{feature="other"}']);
    expect(clock.waits).toEqual([MAX_WAIT_MS]);
    clock.advance(MAX_WAIT_MS);
    const messages = await receiver.received(4);
    expect(messages.slice(2).map(({ body }) => body.alert['state'])).toEqual(['firing', 'resolved']);
    await sender.close();
  });

  it('is reported without its URL if it is down', async () => {
    const gone = await WebhookReceiver.start();
    const { url } = gone;
    await gone.stop();
    const { webhook: sender, failures } = webhook({ url });
    sender.send(ALERT);
    await sender.close();
    expect(failures).toEqual([
      `Alert ${ALERT.key} (firing) was not delivered to the webhook: ECONNREFUSED (attempt 1).`,
    ]);
  });

  it('receives the latest messages if it is too slow for all of them', async () => {
    const { webhook: sender, failures } = webhook();
    let answerFirst = (): void => {};
    receiver.answers.push((response) => (answerFirst = () => response.end()));
    sender.send(ALERT);
    await receiver.received(1);
    for (let n = 1; n <= MAX_QUEUED_MESSAGES + 5; n++) sender.send({ ...ALERT, value: n });
    answerFirst();
    const messages = await receiver.received(1 + MAX_QUEUED_MESSAGES);
    expect(messages[1]!.body.alert['value']).toBe(6);
    expect(failures).toHaveLength(5);
    await sender.close();
  });

  it('delays a shutdown by a bounded time if it does not respond', async () => {
    const { webhook: sender, failures } = webhook({ timeoutMs: 60_000 });
    receiver.answers.push(silence);
    for (let n = 0; n < 3; n++) sender.send(ALERT);
    await receiver.received(1);
    await sender.close();
    expect(failures).toEqual([
      `Alert ${ALERT.key} (firing) was not delivered to the webhook: AbortError (attempt 1).`,
      `Alert ${ALERT.key} (firing) was not delivered to the webhook before the application stopped.`,
      `Alert ${ALERT.key} (firing) was not delivered to the webhook before the application stopped.`,
    ]);
    sender.send(ALERT);
    expect(receiver.messages).toHaveLength(1);
  });
});
