import { cpus } from 'node:os';

/** Describes the machine of a result. */
export function machine(): string {
  const [first] = cpus();
  return `${cpus().length} × ${first?.model.trim() ?? 'unknown processor'}, Node.js ${process.versions.node}`;
}
