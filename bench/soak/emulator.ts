import { parentPort } from 'node:worker_threads';
import { startProviderEmulator } from 'nestjs-llm-telemetry/testing';

/** Runs the emulator in a separate thread, because its ledger and its heap grow. */
const emulator = await startProviderEmulator();
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port, not a window's
parentPort!.postMessage({ openai: emulator.openaiBaseUrl, anthropic: emulator.anthropicBaseUrl });
