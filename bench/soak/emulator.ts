import { parentPort } from 'node:worker_threads';
import { startProviderEmulator } from 'nestjs-llm-telemetry/testing';

/** The provider, in a thread of its own: its bill grows, and so does its heap. */
const emulator = await startProviderEmulator();
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port, not a window's
parentPort!.postMessage({ openai: emulator.openaiBaseUrl, anthropic: emulator.anthropicBaseUrl });
