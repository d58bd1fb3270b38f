/**
 * Stands in for Claude Code: answers each user message with the messages of the next turn of `CLAUDE_SCRIPT` (JSON), as
 * lines of JSON. A turn that ends with `{"exit": code}` ends the process; one that ends with `{"hold": true}` waits until
 * its input is closed.
 *
 * Source: messages between @anthropic-ai/claude-agent-sdk 0.3.332 and Claude Code 2.1.332.
 */
import { createInterface } from 'node:readline';

const turns = JSON.parse(process.env.CLAUDE_SCRIPT);
const send = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);

const input = createInterface({ input: process.stdin });

for await (const line of input) {
  const { type, request_id: id, request } = JSON.parse(line);
  if (type === 'control_request') {
    const response = { subtype: 'success', request_id: id, response: answerTo(request) };
    send({ type: 'control_response', response });
  }
  if (type === 'user') await answer(turns.shift() ?? []);
}

function answerTo({ subtype }) {
  return subtype === 'initialize' ? { commands: [], models: [], account: {}, output_style: 'default' } : {};
}

async function answer(turn) {
  for (const message of turn) {
    if ('exit' in message) process.exit(message.exit);
    else if ('hold' in message) await new Promise((resolve) => input.once('close', resolve));
    else send(message);
  }
}
