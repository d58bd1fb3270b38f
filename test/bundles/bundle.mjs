/**
 * Runs the bundler configurations given as arguments, in the working directory. Used by bundles.e2e-spec.ts instead
 * of the command lines of webpack and Rspack. A configuration of esbuild is a program that bundles when it is imported.
 */
import { pathToFileURL } from 'node:url';
import { rspack } from '@rspack/core';
import webpack from 'webpack';

for (const file of process.argv.slice(2)) {
  const { default: configuration } = await import(pathToFileURL(file).href);
  if (configuration === undefined) continue;
  const compiler = (file.includes('rspack') ? rspack : webpack)(configuration);
  const stats = await new Promise((resolve, reject) => {
    compiler.run((error, result) => (error ? reject(error) : resolve(result)));
  });
  if (stats.hasErrors()) throw new Error(`${file}:\n${stats.toString({ all: false, errors: true })}`);
  await new Promise((resolve) => {
    compiler.close(resolve);
  });
}
