import { send } from '../http/send.js';
import type { PlatformResponse } from '../http/platform.js';
import type { Problem } from '../../api/problem.js';
import { PLAIN_POLICY, plainPage } from './plain-page.js';

/** Sends an error to a browser as a page. */
export function sendProblemPage(response: PlatformResponse, { statusCode, error, message }: Problem): void {
  const title = escaped(error ?? 'Error');
  const headers = {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': PLAIN_POLICY,
  };
  send(
    response,
    statusCode,
    headers,
    plainPage(title, `      <h1>${statusCode} ${title}</h1>\n      <p>${escaped(message)}</p>`),
  );
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
