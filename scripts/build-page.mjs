/** Builds the dashboard's page into `dist/ui`: `index.html`, which contains only relative URLs, and `assets/`. */
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

export async function buildPage() {
  await build({
    configFile: false,
    root: fileURLToPath(new URL('../src/llm-telemetry/dashboard/ui', import.meta.url)),
    base: './',
    logLevel: 'warn',
    plugins: [withoutUnusedCode],
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    build: {
      outDir: fileURLToPath(new URL('../dist/ui', import.meta.url)),
      emptyOutDir: true,
      target: 'es2023',
      // The Content-Security-Policy of the page forbids inline code and data: URLs.
      assetsInlineLimit: 0,
      // A lazy chunk depends only on chunks that are already loaded.
      modulePreload: {
        polyfill: false,
        resolveDependencies: (_, files, { hostType }) => (hostType === 'html' ? files : []),
      },
      rolldownOptions: {
        // Code that several pages share is bundled in one chunk, because many small files compress badly.
        output: { codeSplitting: { groups: [{ name: 'shared', minShareCount: 2 }] } },
      },
    },
  });
}

/** Removes code that bundlers cannot know to be unused: 3 kB of the gzipped scripts of the overview. */
const withoutUnusedCode = {
  name: 'without-unused-code',
  enforce: 'pre',
  /** Vite's helper preloads the dependencies of lazy chunks, which have no dependencies here. */
  load: (id) => (id === '\0vite/preload-helper.js' ? 'export const __vitePreload = (load) => load();' : null),
  /** uPlot assigns its path builders and helpers to static properties. The page draws by itself. */
  transform(code, id) {
    if (!id.endsWith('/uPlot.esm.js')) return null;
    const statics = code.indexOf('\nuPlot.assign = assign;');
    if (statics < 0) throw new Error(`The static properties of uPlot were not found in ${id}`);
    return `${code.slice(0, statics)}\nexport { uPlot as default };\n`;
  },
};
