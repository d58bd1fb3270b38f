/** Builds the dashboard's page into `dist/ui`: `index.html`, which knows no address of its own, and `assets/`. */
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

export async function buildPage() {
  await build({
    configFile: false,
    root: fileURLToPath(new URL('../src/llm-telemetry/dashboard/ui', import.meta.url)),
    base: './',
    logLevel: 'warn',
    plugins: [leaveOutUnusedOfUPlot],
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    build: {
      outDir: fileURLToPath(new URL('../dist/ui', import.meta.url)),
      emptyOutDir: true,
      target: 'es2023',
      // The page runs under a policy that lets nothing inline in, and no data: addresses.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      rolldownOptions: {
        // What several pages need is one file: many small ones compress badly.
        output: { codeSplitting: { groups: [{ name: 'shared', minShareCount: 2 }] } },
      },
    },
  });
}

/**
 * uPlot hangs all that it has on its constructor, so that nothing of it can be left out; the page uses the constructor
 * only. Without the rest, ways to draw bars and splines among it, it is an eighth smaller.
 */
const leaveOutUnusedOfUPlot = {
  name: 'leave-out-unused-of-uplot',
  transform: {
    filter: { id: /uPlot\.esm\.js$/ },
    handler(code) {
      const start = code.indexOf('\nuPlot.assign = ');
      const end = code.indexOf('\nexport { uPlot as default }');
      if (start < 0 || end < start)
        throw new Error('uPlot is not built as it was: see scripts/build-page.mjs.');
      return { code: code.slice(0, start) + code.slice(end), map: null };
    },
  },
};
