/**
 * Installs the instrumentation of `fetch` and `node:http` and does nothing else. Load it with
 * `node --import nestjs-llm-telemetry/register`, or import it first in `main.ts`, so that it runs before any SDK client
 * is created.
 *
 * @publicApi
 */
import './runtime/require-node.js';
import { tapGlobalFetch } from './wire/transports/global-fetch.js';
import { observeNodeHttp } from './wire/transports/http/node-http.js';

tapGlobalFetch();
observeNodeHttp();
