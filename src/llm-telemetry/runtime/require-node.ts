import { unsupportedNode } from './check-node.js';

const message = unsupportedNode(process.versions.node);
if (message !== null) {
  const error = new Error(message);
  // The stack has only frames of this file, which would hide the message.
  error.stack = message;
  throw Object.assign(error, { code: 'LLM_TELEMETRY_UNSUPPORTED_NODE' });
}
