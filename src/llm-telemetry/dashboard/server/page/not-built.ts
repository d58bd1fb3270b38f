/** Shown instead of the page if its assets were not built or are not in the bundle. */
export const NOT_BUILT = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>LLM telemetry</title>
    <link rel="icon" href="data:,">
  </head>
  <body>
    <h1>Dashboard assets not found</h1>
    <p>If your application is bundled, mark <code>nestjs-llm-telemetry</code> as external in the bundler and install it beside the bundle (see docs/bundling.md). In a clone of nestjs-llm-telemetry, run <code>npm run build</code>.</p>
    <p>The API is available at <a href="api/summary">api/</a>.</p>
  </body>
</html>
`;
