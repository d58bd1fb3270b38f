#!/usr/bin/env node
import { unsupportedNode } from '../runtime/check-node.js';

const message = unsupportedNode(process.versions.node);
if (message === null) {
  void main();
} else {
  process.stderr.write(`${message}\n`);
  process.exitCode = 1;
}

async function main(): Promise<void> {
  const { runCommand } = await import('./run-command.js');
  const { code, stdout, stderr } = await runCommand(process.argv.slice(2));
  // A reader such as `head` may close the pipe early.
  process.stdout.on('error', () => {});
  process.stdout.write(stdout);
  process.stderr.write(stderr);
  process.exitCode = code;
}
