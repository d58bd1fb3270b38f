import { createHash } from 'node:crypto';

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
export const PLAIN_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Renders a page without scripts. `title` is plain text, `main` is HTML. `width`: `wide` for pages with code. */
export function plainPage(title: string, main: string, width: 'narrow' | 'wide' = 'narrow'): string {
  return `<!doctype html>
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
}
