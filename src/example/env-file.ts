import { existsSync } from 'node:fs';

/** Loads `.env` from the working directory, where there is one. Variables that are set already win. */
export function loadEnvFile(): void {
  if (existsSync('.env')) process.loadEnvFile('.env');
}
