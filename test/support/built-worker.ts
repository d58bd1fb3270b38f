import { fileURLToPath } from 'node:url';

/** jest does not transform what a thread of its own loads: the store's runs from the build, which `npm test` brings up to date. */
export const workerFile = fileURLToPath(
  new URL('../../dist/esm/llm-telemetry/store/worker/main.js', import.meta.url),
);
