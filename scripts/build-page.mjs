/** Builds the dashboard's page into `dist/ui`: `index.html`, which contains only relative URLs, and `assets/`. */
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
      // The Content-Security-Policy of the page forbids inline code and data: URLs.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      rolldownOptions: {
        // Code that several pages share is one chunk: many small files compress badly.
        output: { codeSplitting: { groups: [{ name: 'shared', minShareCount: 2 }] } },
      },
    },
  });
}

/**
 * Parts of uPlot that the page does not use, with their replacements: static members of the constructor, the legend,
 * date templates, logarithmic scales and the drawing of series (see `charts/draw.ts`). Bundlers cannot detect that they
 * are unused. Without them, uPlot is a quarter smaller.
 */
const UNUSED_OF_UPLOT = [
  [/\nuPlot\.assign = [^]*(?=\nexport \{ uPlot as default \})/, ''],
  ['const showLegend = legend.show;', 'const showLegend = false;'],
  ['(opts.fmtDate || fmtDate)', "(() => () => '')"],
  ['sc.distr == 3 ? logAxisSplits : sc.distr == 4 ? asinhAxisSplits : numAxisSplits', 'numAxisSplits'],
  ['s.paths || linearPath || retNull', 's.paths || retNull'],
  ['paths: pointsPath', 'paths: retNull'],
  [/\nconst linearPath = linear\(\)\s*;\nconst pointsPath = points\(\)\s*;/, ''],
];

const leaveOutUnusedOfUPlot = {
  name: 'leave-out-unused-of-uplot',
  transform: {
    filter: { id: /uPlot\.esm\.js$/ },
    handler(code) {
      const reduced = UNUSED_OF_UPLOT.reduce((text, [part, replacement]) => {
        const replaced = text.replace(part, () => replacement);
        if (replaced === text)
          throw new Error(
            `uPlot no longer contains ${part}: update UNUSED_OF_UPLOT in scripts/build-page.mjs.`,
          );
        return replaced;
      }, code);
      return { code: reduced, map: null };
    },
  },
};
