import { createHash } from 'node:crypto';
import type { Problem } from '../../api/problem.js';
import { REMOTE_REASONS, type LocalOnlyException } from '../access/local-only.guard.js';
import type { PlatformResponse } from '../http/platform.js';
import { send } from '../http/send.js';

const STYLE = `
:root { color-scheme: light dark; --canvas: #f6f6f3; --surface: #fff; --line: #8c8a82; --rule: #dddbd3; --ink: #1b1b19; --muted: #66645e; --accent: #2b57c8; --on-accent: #fff; --bad: #b3261e }
@media (prefers-color-scheme: dark) { :root { --canvas: #101113; --surface: #17181b; --line: #757982; --rule: #2d2f34; --ink: #ededeb; --muted: #9d9e9f; --accent: #86a8ff; --on-accent: #0d1530; --bad: #ff8a80 } }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: var(--canvas); color: var(--ink); font: 13px/20px Inter, ui-sans-serif, system-ui, sans-serif }
main { width: min(360px, calc(100vw - 32px)) }
main.wide { width: min(520px, calc(100vw - 32px)); padding: 32px 0 }
h1 { margin: 0 0 4px; font-size: 22px; line-height: 30px; font-weight: 600 }
p { margin: 0 0 16px; color: var(--muted) }
h2 { margin: 24px 0 8px; font-size: 14px; line-height: 20px; font-weight: 600 }
code, pre { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: 12px; color: var(--ink) }
pre { margin: 0 0 12px; padding: 12px; overflow-x: auto; border: 1px solid var(--rule); border-radius: 7px; background: var(--surface) }
p:has(+ pre) { margin-bottom: 8px }
label { display: block; margin-bottom: 4px; font-weight: 500 }
input { box-sizing: border-box; width: 100%; height: 36px; padding: 0 12px; border: 1px solid var(--line); border-radius: 7px; background: var(--surface); color: inherit; font: inherit }
button { margin-top: 12px; height: 36px; padding: 0 16px; border: 0; border-radius: 7px; background: var(--accent); color: var(--on-accent); font: inherit; font-weight: 600; cursor: pointer }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px }
#wrong { margin: 8px 0 0; color: var(--bad) }
`;

/** Content security policy of plain pages: the inline style and same-origin forms. */
const PLAIN_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Content of a page without scripts. */
export interface PlainPage {
  /** Plain text. */
  readonly title: string;
  /** HTML. */
  readonly main: string;
  /** `wide` for pages with code. */
  readonly width?: 'narrow' | 'wide';
}

/** Sends a page without scripts. */
export function sendPlainPage(
  response: PlatformResponse,
  status: number,
  { title, main, width = 'narrow' }: PlainPage,
  headers: Readonly<Record<string, string>> = {},
): void {
  const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="robots" content="noindex">
    <title>${title} · LLM telemetry</title>
    <style>${STYLE}</style>
  </head>
  <body>
    <main class="${width}">
${main}
    </main>
  </body>
</html>
`;
  const own = { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': PLAIN_POLICY };
  send(response, status, { ...own, ...headers }, page);
}

/** Sends an error to a browser. */
export function sendProblemPage(response: PlatformResponse, { statusCode, error, message }: Problem): void {
  const title = escaped(error ?? 'Error');
  const main = `      <h1>${statusCode} ${title}</h1>\n      <p>${escaped(message)}</p>`;
  sendPlainPage(response, statusCode, { title, main });
}

/** Sends the 403 page for requests from other machines, which explains how to open the dashboard. */
export function sendLocalOnlyPage(response: PlatformResponse, { reason }: LocalOnlyException): void {
  const main = `      <h1>LLM telemetry</h1>
      <p>This dashboard has no token and no guards, so it accepts only requests from the machine it runs on. This request ${REMOTE_REASONS[reason]}.</p>
      <h2>Allow access with a token</h2>
      <pre>${forRoot('token: process.env.LLM_DASHBOARD_TOKEN')}</pre>
      <p>Or set <code>dashboard.guards</code> to guards of your application.</p>
      <h2>In a container or a remote environment</h2>
      <p>A mapped port (Docker, Codespaces in a browser) is not local. If only you can reach the port, open the dashboard without protection:</p>
      <pre>${forRoot('open: true')}</pre>
      <p>Through <code>kubectl port-forward</code>, <code>ssh -L</code> or VS Code on your desktop, open <code>http://localhost:&lt;port&gt;</code>.</p>`;
  sendPlainPage(response, 403, { title: 'Forbidden', main, width: 'wide' });
}

function forRoot(dashboard: string): string {
  // Short lines, so that the code fits on a phone.
  return `LlmTelemetryModule.forRoot({\n  dashboard: {\n    ${dashboard},\n  },\n})`;
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** Shown instead of the page if its assets were not built or are not in the bundle. */
export const NOT_BUILT = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>LLM telemetry</title>
    <link rel="icon" href="data:,">
  </head>
  <body>
    <h1>Dashboard assets not found</h1>
    <p>If your application is bundled, mark <code>nestjs-llm-telemetry</code> as external in the bundler and install it beside the bundle (see docs/bundling.md). In a clone of nestjs-llm-telemetry, run <code>npm run build</code>.</p>
    <p>The API is available at <a href="api/summary">api/</a>.</p>
  </body>
</html>
`;
