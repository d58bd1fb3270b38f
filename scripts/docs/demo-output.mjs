/**
 * Compares the demo's output with its block in docs/demo.md. Durations, times and trace ids are masked, because they
 * differ between runs; everything else must be equal. A line `…` stands for any number of lines.
 *
 *     npm run docs:demo-output
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { findBlock } from './blocks.mjs';

/** @returns {string | undefined} The difference, if any. */
export function demoDifference(shown, printed) {
  const lines = linesOf(printed);
  let from = 0;
  let anywhere = true;
  for (const line of linesOf(shown)) {
    if (line === '…') {
      anywhere = true;
      continue;
    }
    const at = anywhere ? lines.indexOf(line, from) : lines[from] === line ? from : -1;
    if (at < 0) return `The demo does not print this line here: ${line}\nbut: ${lines[from] ?? '(its end)'}`;
    from = at + 1;
    anywhere = false;
  }
  return undefined;
}

function linesOf(text) {
  return text
    .trimEnd()
    .split('\n')
    .map((line) =>
      line
        .replaceAll(/\b\d+ ms\b|\b\d+\.\d+ s\b/g, '<duration>')
        .replaceAll(/trace [0-9a-f]{32}/g, 'trace <id>')
        .replace(/(llm\.(?:\w+_ms|request_time)\s+)[\d.]+$/, '$1<number>')
        // The width of cells depends on their contents.
        .replaceAll(/ {2,}/g, ' ')
        .replaceAll(/─+/g, '─')
        .trimEnd(),
    );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { stdout, stderr, status } = spawnSync('npm', ['run', '--silent', 'demo', '--', '--once'], {
    encoding: 'utf8',
  });
  process.stdout.write(stdout + stderr);
  const { file, line, code } = findBlock('demo output');
  const difference = status === 0 ? demoDifference(code, stdout) : `The demo exited with ${status}.`;
  if (difference !== undefined) console.error(`${file}:${line}: ${difference}`);
  process.exitCode = difference === undefined ? 0 : 1;
}
