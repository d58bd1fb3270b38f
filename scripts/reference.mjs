/**
 * Writes the HTML reference of the public API to `dist/reference`, from the comments in the sources. The output is not
 * committed.
 *
 *     npm run docs:reference
 */
import { Application } from 'typedoc';
import { entryPoints } from './entry-points.mjs';

const FOLDER = 'dist/reference';

const application = await Application.bootstrapWithPlugins({
  // `register` exports nothing: it is imported for its side effect.
  entryPoints: entryPoints()
    .filter(({ name }) => name !== 'register')
    .map(({ source }) => source),
  tsconfig: 'tsconfig.build.json',
  readme: 'README.md',
  name: 'nestjs-llm-telemetry',
  excludeInternal: true,
  excludePrivate: true,
  blockTags: [
    '@param',
    '@returns',
    '@throws',
    '@example',
    '@defaultValue',
    '@see',
    '@template',
    '@remarks',
    '@deprecated',
  ],
  modifierTags: ['@publicApi', '@internal', '@readonly'],
  // Types that are not exported are shown only in signatures.
  validation: { notExported: false, invalidLink: true, invalidPath: false, notDocumented: false },
});
const project = await application.convert();
if (project === undefined || application.logger.hasErrors()) process.exit(1);
await application.generateDocs(project, FOLDER);
console.log(`Open ${FOLDER}/index.html`);
