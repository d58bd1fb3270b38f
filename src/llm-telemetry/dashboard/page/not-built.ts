/** Stands in for the page where the package was not built. */
export const NOT_BUILT = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>LLM telemetry</title>
    <link rel="icon" href="data:,">
  </head>
  <body>
    <h1>The dashboard has not been built</h1>
    <p>Its API answers below <a href="api/summary">api/</a>. Run <code>npm run build</code> in nestjs-llm-telemetry for the page.</p>
  </body>
</html>
`;
