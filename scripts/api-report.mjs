/**
 * Compares the public API of the package with the reports in `etc/api`: one per entry point, generated from its
 * declarations in `dist`.
 *
 *     npm run api:check      fails if a report differs
 *     npm run api:report     writes the reports, to review and commit
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor';
import { entryPoints } from './entry-points.mjs';

const FOLDER = 'etc/api';
const writes = process.argv.includes('--write');
const COMPILER_OPTIONS = {
  target: 'es2023',
  module: 'nodenext',
  moduleResolution: 'nodenext',
  lib: ['es2023', 'dom', 'dom.iterable', 'dom.asynciterable'],
  types: ['node'],
  strict: true,
  skipLibCheck: true,
  experimentalDecorators: true,
};
const temporary = join(tmpdir(), `api-report-${process.pid}`);
const different = [];

mkdirSync(temporary, { recursive: true });
try {
  const reports = new Map(entryPoints().map((entry) => [`${entry.name}.api.md`, reportOf(entry)]));
  const committed = readdirSync(FOLDER).filter((name) => name.endsWith('.api.md'));
  for (const [name, report] of reports) {
    if (committed.includes(name) && readFileSync(join(FOLDER, name), 'utf8') === report) continue;
    different.push(join(FOLDER, name));
    if (writes) writeFileSync(join(FOLDER, name), report);
  }
  for (const name of committed.filter((name) => !reports.has(name))) {
    different.push(join(FOLDER, name));
    if (writes) rmSync(join(FOLDER, name));
  }
} finally {
  rmSync(temporary, { recursive: true, force: true });
}

for (const file of different) console.log(`${writes ? 'Written' : 'Differs'}: ${file}`);
if (different.length > 0 && !writes) {
  console.error(
    'The public surface has changed. Run `npm run api:report`, review the difference, commit it, and describe the change ' +
      'in CHANGELOG.md.',
  );
  process.exitCode = 1;
}

/**
 * Returns the signatures of all exports of an entry point, in API Extractor's format. Comments are omitted: they do not
 * change the API.
 */
function reportOf({ name, declarations }) {
  const reportFileName = `${name}.api.md`;
  const config = ExtractorConfig.prepare({
    configObjectFullPath: resolve('api-extractor.json'),
    packageJsonFullPath: resolve('package.json'),
    configObject: {
      projectFolder: process.cwd(),
      mainEntryPointFilePath: resolve(declarations),
      newlineKind: 'lf',
      compiler: { overrideTsconfig: { compilerOptions: COMPILER_OPTIONS, files: [resolve(declarations)] } },
      apiReport: {
        enabled: true,
        reportFileName,
        reportFolder: temporary,
        reportTempFolder: join(temporary, 'temp'),
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        compilerMessageReporting: { default: { logLevel: 'error' } },
        // The report covers signatures only. Comments are for readers and TypeDoc.
        extractorMessageReporting: { default: { logLevel: 'none' } },
        tsdocMessageReporting: { default: { logLevel: 'none' } },
      },
    },
  });
  const { succeeded, errorCount } = Extractor.invoke(config, {
    localBuild: true,
    showVerboseMessages: false,
    messageCallback: (message) => {
      message.handled = message.logLevel !== ExtractorLogLevel.Error;
    },
  });
  if (!succeeded) throw new Error(`API Extractor reports ${errorCount} errors for ${declarations}.`);
  const report = readFileSync(join(temporary, reportFileName), 'utf8');
  return report.replaceAll(/^ *\/\/ \(undocumented\)\n/gm, '');
}
