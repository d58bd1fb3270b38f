import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Debian's package that each of the commands comes with. */
const PACKAGES = {
  prometheus: 'prometheus',
  promtool: 'prometheus',
  'prometheus-alertmanager': 'prometheus-alertmanager',
  amtool: 'prometheus-alertmanager',
} as const;

/** A command on the PATH. @throws Error that says what to install. */
export function installed(command: keyof typeof PACKAGES): string {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const file = join(folder, command);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // The next one, then.
    }
  }
  throw new Error(
    `There is no ${command} on the PATH. It is in Debian's package of Prometheus: apt-get install ${PACKAGES[command]}`,
  );
}
