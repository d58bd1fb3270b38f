/** Builds the dashboard's page into `dist/ui`: `index.html`, which knows no address of its own, and `assets/`. */
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

export async function buildPage() {
  await build({
    configFile: false,
    root: fileURLToPath(new URL('../src/llm-telemetry/dashboard/ui', import.meta.url)),
    base: './',
    logLevel: 'warn',
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    build: {
      outDir: fileURLToPath(new URL('../dist/ui', import.meta.url)),
      emptyOutDir: true,
      target: 'es2023',
      // The page runs under a policy that lets nothing inline in, and no data: addresses.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
    },
  });
}
