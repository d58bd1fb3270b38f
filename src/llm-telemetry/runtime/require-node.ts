import { unsupportedNode } from './check-node.js';

const sentence = unsupportedNode(process.versions.node);
if (sentence !== null) {
  const error = new Error(sentence);
  // The frames are of this file only, and would hide the sentence.
  error.stack = sentence;
  throw Object.assign(error, { code: 'LLM_TELEMETRY_UNSUPPORTED_NODE' });
}
