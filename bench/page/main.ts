import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { chromium } from 'playwright-core';
import { spreadOf } from '../statistics.js';
import { load, type Load } from './load.js';
import { DAY, Service } from './service.js';

/** Compares the load time of the page with 90 days of calls and with one day. See ../README.md. */

const DAYS = 90;
/** Maximum ratio of a load time to that with one day in the same round: median over the rounds. */
const LIMIT = 1.5;
const WARM_UP = 2;

const { values: options } = parseArgs({
  options: {
    'calls-per-day': { type: 'string', default: '5000' },
    rounds: { type: 'string', default: '15' },
    check: { type: 'boolean', default: false },
  },
});
const callsPerDay = Number(options['calls-per-day']);
const rounds = Number(options.rounds);

const folder = mkdtempSync(join(tmpdir(), 'llm-telemetry-bench-'));
const browser = await chromium.launch({
  executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
});
const services: Service[] = [];
try {
  for (const days of [1, DAYS]) {
    process.stderr.write(`${days * callsPerDay} calls of ${days} days …\n`);
    services.push(await Service.start(join(folder, `${days}.db`), days, callsPerDay));
  }
  const [one, many] = services as [Service, Service];
  const to = Math.ceil(Date.now() / 60_000) * 60_000;
  const range = [to - DAYS * DAY, to].map((at) => `${new Date(at).toISOString().slice(0, 16)}Z`).join('/');
  report(
    await measure([
      ['1 day stored, 1 day shown', `${one.url}/`],
      ['90 days stored, 1 day shown', `${many.url}/`],
      ['90 days stored, 90 days shown', `${many.url}/?range=${range}`],
    ]),
  );
} finally {
  await browser.close();
  for (const service of services) await service.stop();
  rmSync(folder, { recursive: true });
}

/** Loads each case once per round, so that other work on the machine affects all cases. */
async function measure(
  cases: ReadonlyArray<readonly [name: string, url: string]>,
): Promise<ReadonlyMap<string, readonly Load[]>> {
  const loads = new Map<string, Load[]>(cases.map(([name]) => [name, []]));
  for (let round = 0; round < WARM_UP + rounds; round++) {
    const order = round % 2 === 0 ? cases : cases.toReversed();
    for (const [name, url] of order) {
      const one = await load(browser, url);
      if (round >= WARM_UP) loads.get(name)!.push(one);
    }
  }
  return loads;
}

function report(loads: ReadonlyMap<string, readonly Load[]>): void {
  const table = new Table({
    head: ['', 'median, ms', 'quartiles', 'ratio to 1 day', 'requests', 'kB'],
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [], compact: true },
  });
  const [base = []] = loads.values();
  const exceeded: string[] = [];
  for (const [name, all] of loads) {
    const { median, q1, q3 } = spreadOf(all.map(({ ms }) => ms));
    const ratio = spreadOf(all.map(({ ms }, round) => ms / base[round]!.ms)).median;
    if (ratio > LIMIT) exceeded.push(`${name}: ${ratio.toFixed(2)} times as long as with 1 day`);
    table.push([
      name,
      median.toFixed(0),
      `${q1.toFixed(0)}–${q3.toFixed(0)}`,
      `× ${ratio.toFixed(2)}`,
      String(spreadOf(all.map(({ requests }) => requests)).median),
      (spreadOf(all.map(({ bytes }) => bytes)).median / 1000).toFixed(0),
    ]);
  }
  process.stdout.write(`${rounds} loads each, limit × ${LIMIT}.\n${table.toString()}\n`);
  for (const failure of exceeded) process.stdout.write(`EXCEEDED  ${failure}\n`);
  process.exitCode = options.check && exceeded.length > 0 ? 1 : 0;
}
