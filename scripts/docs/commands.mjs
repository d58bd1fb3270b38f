import { execFile } from 'node:child_process';
import { delimiter, dirname } from 'node:path';

/**
 * Runs a command to completion, with this Node first on the PATH and without the variables that npm sets for scripts.
 *
 * @returns {Promise<string>} Standard output.
 * @throws Error with all output if the command fails.
 */
export function run(folder, command, args, { env = {}, timeoutMs = 600_000 } = {}) {
  const ours = /^(npm_(package|lifecycle)_.*|npm_config_local_prefix|INIT_CWD|NODE_ENV|NODE_OPTIONS)$/;
  const inherited = Object.entries(process.env).filter(([name]) => !ours.test(name));
  const PATH = [dirname(process.execPath), process.env.PATH].join(delimiter);
  const options = {
    cwd: folder,
    env: { ...Object.fromEntries(inherited), PATH, ...env },
    timeout: timeoutMs,
    maxBuffer: 64 * 1024 * 1024,
  };
  return new Promise((resolve, reject) => {
    execFile(command, args, options, (error, stdout, stderr) => {
      if (error) reject(new Error([`${command} ${args.join(' ')} failed`, stdout, stderr].join('\n').trim()));
      else resolve(stdout);
    });
  });
}

/** Runs the Node binary of this process. */
export function node(folder, args, options) {
  return run(folder, process.execPath, args, options);
}
