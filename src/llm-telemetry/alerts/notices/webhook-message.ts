import type { Alert } from '../definitions/alert.js';

/**
 * What is posted: `text` and `blocks` for Slack's incoming webhooks and what reads the same, `alert` and `service` for
 * everything else.
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

/** Slack reads `<…>` as links and mentions: a feature or a model may not call a channel. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
