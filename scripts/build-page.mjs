/** Builds the dashboard's page into `dist/ui`: `index.html`, which contains only relative URLs, and `assets/`. */
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
      // The Content-Security-Policy of the page forbids inline code and data: URLs.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      rolldownOptions: {
        // Code that several pages share is bundled in one chunk, because many small files compress badly.
        output: { codeSplitting: { groups: [{ name: 'shared', minShareCount: 2 }] } },
      },
    },
  });
}
