import type { Alert } from '../definitions/alert.js';

/**
 * Returns the payload of a webhook request: `text` and `blocks` for Slack's incoming webhooks and compatible receivers,
 * `alert` and `service` for all others.
 */
export function webhookMessage(alert: Alert, service: string | null): object {
  const { name, state, severity, sentence, condition } = alert;
  const icon = state === 'resolved' ? ':white_check_mark:' : ICONS[severity];
  const headline = `${icon} *${name}* ${state}${service === null ? '' : ` in ${escaped(service)}`}`;
  const text = `${headline}\n${escaped(sentence)}`;
  return {
    text,
    blocks: [
      { type: 'section', text: { type: 'mrkdwn', text } },
      { type: 'context', elements: [{ type: 'mrkdwn', text: escaped(condition) }] },
    ],
    service,
    alert,
  };
}

const ICONS = { critical: ':red_circle:', warning: ':large_orange_circle:' } as const;

/** Escapes text for Slack, which interprets `<…>` as links and mentions: a model name must not mention a channel. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
