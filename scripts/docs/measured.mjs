/**
 * Puts the results of `npm run bench:store -- --on … --save` into docs/scale.md, with what scripts/scale.mjs computes from
 * them.
 *
 *     node scripts/docs/measured.mjs            exits with 1 if the document shows others
 *     node scripts/docs/measured.mjs --write    updates the document
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { format, resolveConfig } from 'prettier';

const DOCUMENT = 'docs/scale.md';
const DATABASES = { postgres: 'PostgreSQL', clickhouse: 'ClickHouse' };

const SHORT_FORM = `
The short form checks totals, and limits with allowances for busy machines and small databases. Its intake is that of what other
processes left of the machine, and its bytes include pages that are not full.
`;

/** Returns the document with the current results. */
export async function withResults(document) {
  const simulated = execFileSync(process.execPath, ['scripts/scale.mjs'], { encoding: 'utf8' }).trimEnd();
  const text = document
    .replace(/(<!-- measured: start -->\n)[^]*?(<!-- measured: end -->)/, `$1\n${resultsText()}\n$2`)
    .replace(/(```text\n)[^]*?(\n```)/, (_all, start, end) => start + simulated + end);
  return format(text, { ...(await resolveConfig(DOCUMENT)), parser: 'markdown' });
}

function resultsText() {
  const results = Object.keys(DATABASES).map((kind) =>
    JSON.parse(readFileSync(`bench/store/results/${kind}.json`, 'utf8')),
  );
  const names = [...new Set(results.flatMap(({ rows }) => rows.map(({ name }) => name)))];
  const head = ['', ...Object.values(DATABASES).flatMap((name) => [name, 'limit'])];
  const body = names.map((name) => [
    name,
    ...results.flatMap(({ rows }) => {
      const row = rows.find((each) => each.name === name);
      if (!row) return ['', ''];
      return [`${row.measured ?? 'not measured'}${row.holds === false ? ' (not held)' : ''}`, row.limit];
    }),
  ]);
  const lines = [head, head.map(() => '---'), ...body].map((cells) => `| ${cells.join(' | ')} |`);
  const origins = results.map(
    ({ date, server, machine, calls, isShortForm, load }) =>
      `- ${date}, ${server}, ${calls.toLocaleString('en-US')} calls${isShortForm ? ' (short form)' : ''}; ${machine}, load average ${load} at the start.`,
  );
  const note = results.some(({ isShortForm }) => isShortForm) ? SHORT_FORM : '';
  return `${lines.join('\n')}\n\n${origins.join('\n')}\n${note}`;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const document = readFileSync(DOCUMENT, 'utf8');
  const current = await withResults(document);
  if (process.argv.includes('--write')) writeFileSync(DOCUMENT, current);
  else if (current !== document) {
    console.error(
      `${DOCUMENT} does not show bench/store/results. Run: node scripts/docs/measured.mjs --write`,
    );
    process.exitCode = 1;
  }
}
