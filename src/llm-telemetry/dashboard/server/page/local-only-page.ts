import { REMOTE_REASONS, type LocalOnlyException } from '../access/local-only.guard.js';
import { send } from '../http/send.js';
import type { PlatformResponse } from '../http/platform.js';
import { PLAIN_POLICY, plainPage } from './plain-page.js';

/** Sends the 403 page for requests from other machines, which explains how to open the dashboard. */
export function sendLocalOnlyPage(response: PlatformResponse, { reason }: LocalOnlyException): void {
  const headers = {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': PLAIN_POLICY,
  };
  const page = plainPage(
    'Forbidden',
    `      <h1>LLM telemetry</h1>
      <p>This dashboard has no token and no guards, so it accepts only requests from the machine it runs on. This request ${REMOTE_REASONS[reason]}.</p>
      <h2>Allow access with a token</h2>
      <pre>${forRoot('token: process.env.LLM_DASHBOARD_TOKEN')}</pre>
      <p>Or set <code>dashboard.guards</code> to guards of your application.</p>
      <h2>In a container or a remote environment</h2>
      <p>A mapped port (Docker, Codespaces in a browser) is not local. If only you can reach the port, open the dashboard without protection:</p>
      <pre>${forRoot('open: true')}</pre>
      <p>Through <code>kubectl port-forward</code>, <code>ssh -L</code> or VS Code on your desktop, open <code>http://localhost:&lt;port&gt;</code>.</p>`,
    'wide',
  );
  send(response, 403, headers, page);
}

function forRoot(dashboard: string): string {
  // Short lines, so that the code fits on a phone.
  return `LlmTelemetryModule.forRoot({\n  dashboard: {\n    ${dashboard},\n  },\n})`;
}
