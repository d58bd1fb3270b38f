/**
 * Taps `fetch`, and does nothing else: for `node --import nestjs-llm-telemetry/register`, or as the first import of
 * `main.ts`, so that every SDK client is built after it.
 *
 * @publicApi
 */
import './runtime/require-node.js';
import { tapGlobalFetch } from './wire/transports/global-fetch.js';

tapGlobalFetch();
