import { packageRoot, packageVersion } from '../runtime/package-root.js';
import { didYouMean } from '../validation/message-text.js';
import { importCommand, USAGE as IMPORT_USAGE } from './import.js';
import { migrateCommand, USAGE as MIGRATE_USAGE } from './migrate.js';
import { outdatedCommand } from './outdated.js';
import { errorText, prices, USAGE as PRICES_USAGE, type CommandResult } from './prices.js';

const USAGE = `Usage: nestjs-llm-telemetry <command> [options]

Commands:
  prices [model]   Print the price of a model and its source.
  migrate          Create or migrate the tables of a store in PostgreSQL.
  import <file>    Add the calls of an SQLite file to a store in PostgreSQL.
  help [command]   Print the usage of a command.

Options:
  -v, --version    Print the version.
  -h, --help       Print this help.
`;

interface Command {
  readonly run: (args: readonly string[]) => CommandResult | Promise<CommandResult>;
  readonly usage: string;
}

const COMMANDS: ReadonlyMap<string, Command> = new Map([
  [
    'prices',
    {
      run: (args: readonly string[]) => (args.includes('--outdated') ? outdatedCommand(args) : prices(args)),
      usage: PRICES_USAGE,
    },
  ],
  ['migrate', { run: (args: readonly string[]) => migrateCommand(args), usage: MIGRATE_USAGE }],
  ['import', { run: (args: readonly string[]) => importCommand(args), usage: IMPORT_USAGE }],
]);
const NAMES = [...COMMANDS.keys(), 'help'];
const HELP: ReadonlySet<string | undefined> = new Set(['--help', '-h']);

/** Runs a command line (without the name of the program). Never rejects. */
export async function runCommand([name, ...args]: readonly string[]): Promise<CommandResult> {
  if (name === undefined || HELP.has(name)) return printed(USAGE);
  if (name === '--version' || name === '-v')
    return printed(`${packageVersion(packageRoot()) ?? 'unknown'}\n`);
  if (name === 'help') return help(args[0]);
  const command = COMMANDS.get(name);
  if (!command) return unknown(name);
  return args.some((arg) => HELP.has(arg)) ? printed(command.usage) : command.run(args);
}

function help(name: string | undefined): CommandResult {
  if (name === undefined || name === 'help') return printed(USAGE);
  const command = COMMANDS.get(name);
  return command ? printed(command.usage) : unknown(name);
}

function unknown(name: string): CommandResult {
  const kind = name.startsWith('-') ? 'option' : 'command';
  const known = kind === 'option' ? ['--version', '--help'] : NAMES;
  const hint = didYouMean(name, known);
  const message = `Unknown ${kind} ${JSON.stringify(name)}.${hint} Run "nestjs-llm-telemetry --help" for the list.`;
  return { code: 2, stdout: '', stderr: errorText(new TypeError(message)) };
}

function printed(stdout: string): CommandResult {
  return { code: 0, stdout, stderr: '' };
}
