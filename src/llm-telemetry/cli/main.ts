#!/usr/bin/env node
import { prices, USAGE } from './prices.js';

const [command, ...args] = process.argv.slice(2);
const isHelp = command === '--help' || command === '-h' || args.includes('--help');
const result =
  command === 'prices' && !isHelp
    ? prices(args)
    : isHelp
      ? { code: 0, stdout: USAGE, stderr: '' }
      : { code: 2, stdout: '', stderr: USAGE };
// Whoever reads may have seen enough: `… prices | head`.
process.stdout.on('error', () => {});
process.stdout.write(result.stdout);
process.stderr.write(result.stderr);
process.exitCode = result.code;
