/**
 * Measures the import of the library in an application that has loaded Nest, in processes of their own by turns, and
 * compares it with the import of the SDK `openai` in the same state. See README.md.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import Table from 'cli-table3';

const { values: options } = parseArgs({
  options: { processes: { type: 'string', default: '20' }, check: { type: 'boolean', default: false } },
});
const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Largest processor time in proportion to the import of `openai` in the same format, which takes 50 ms on the reference
 * machine: 22 ms and 5 ms there.
 */
const LIMITS = { 'nestjs-llm-telemetry': 0.44, 'nestjs-llm-telemetry/register': 0.1 };
const REFERENCE = 'openai';
const FORMATS = {
  esm: { type: 'module', load: (name) => `await import('${name}')` },
  cjs: { type: 'commonjs', load: (name) => `require('${name}')` },
};
/** What every application with Nest has loaded. */
const LOADED = ['reflect-metadata', '@nestjs/common', '@nestjs/core'];

const contestants = Object.keys(FORMATS).flatMap((format) =>
  [REFERENCE, ...Object.keys(LIMITS)].map((name) => ({ format, name, measured: [] })),
);
for (let round = 0; round < Number(options.processes); round++)
  for (const { format, name, measured } of round % 2 === 0 ? contestants : contestants.toReversed())
    measured.push(measure(format, name));

const table = new Table({
  head: ['import', 'format', 'elapsed', 'CPU', 'least CPU', 'of openai', 'limit'],
  style: { head: [], border: [] },
});
let exceeded = false;
for (const { format, name, measured } of contestants) {
  const reference = contestants.find((other) => other.format === format && other.name === REFERENCE);
  // The least of many is what the machine needs. A busy machine adds to each other value, and to some more than to others.
  const ratio = leastCpu(measured) / leastCpu(reference.measured);
  exceeded ||= ratio > LIMITS[name];
  table.push([
    name,
    format,
    ms(median(measured.map(({ elapsed }) => elapsed))),
    ms(median(measured.map(({ cpu }) => cpu))),
    ms(leastCpu(measured)),
    ratio.toFixed(2),
    name === REFERENCE ? '' : LIMITS[name].toFixed(2),
  ]);
}
process.stdout.write(`${table.toString()}\nMedians of ${options.processes} processes.\n`);
if (exceeded) process.stderr.write('An import takes longer than its limit.\n');
process.exitCode = options.check && exceeded ? 1 : 0;

/** Returns the milliseconds that an import takes in a new process. */
function measure(format, name) {
  const { type, load } = FORMATS[format];
  const program = `${LOADED.map(load).join(';\n')};
    const [start, before] = [performance.now(), process.cpuUsage()];
    ${load(name)};
    const [elapsed, { user, system }] = [performance.now() - start, process.cpuUsage(before)];
    process.stdout.write(JSON.stringify({ elapsed, cpu: (user + system) / 1000 }));`;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [`--input-type=${type}`, '--eval', program],
    { cwd: root, encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`${name} (${format}) cannot be imported:\n${stderr}`);
  return JSON.parse(stdout);
}

function leastCpu(measured) {
  return Math.min(...measured.map(({ cpu }) => cpu));
}

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

function ms(value) {
  return `${value.toFixed(1)} ms`;
}
