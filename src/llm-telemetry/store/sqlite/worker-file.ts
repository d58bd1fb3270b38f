import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../runtime/package-root.js';

/** Returns the path of the store's worker; `null` if the package was bundled and is not installed beside the bundle. */
export function workerFile(): string | null {
  const root = packageRoot();
  const file = root && join(root, 'dist', 'esm', 'llm-telemetry', 'store', 'sqlite', 'worker', 'main.js');
  return file !== null && existsSync(file) ? file : null;
}
