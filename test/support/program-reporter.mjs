/**
 * Jest reporter: prints one line at the end of the run for each program that suites were skipped for, with the
 * command that installs it. `requirePrograms` in `optional-programs.ts` marks the tests that it skips.
 */
const MARK = /\[(?<program>[\w-]+) is not installed: (?<debianPackage>[\w-]+)\]/;

export default class ProgramReporter {
  #skipped = new Map();

  onTestResult(_test, { testResults }) {
    const mark = testResults
      .filter(({ status }) => status === 'pending')
      .map(({ fullName }) => MARK.exec(fullName)?.groups)
      .find((groups) => groups !== undefined);
    if (mark === undefined) return;
    const { program, debianPackage } = mark;
    const { suites = 0 } = this.#skipped.get(program) ?? {};
    this.#skipped.set(program, { debianPackage, suites: suites + 1 });
  }

  onRunComplete() {
    for (const [program, { suites, debianPackage }] of this.#skipped) {
      const what = `${suites} ${program === 'chromium' ? 'browser ' : ''}${suites === 1 ? 'suite' : 'suites'}`;
      process.stderr.write(
        `Skipped ${what}: ${program} is not installed. Install it with: apt-get install ${debianPackage}\n`,
      );
    }
  }

  /** Fails a run that requires every program (`REQUIRE_ALL_PROGRAMS=1`). */
  getLastError() {
    if (this.#skipped.size === 0 || process.env.REQUIRE_ALL_PROGRAMS !== '1') return undefined;
    return new Error(`Suites were skipped because of: ${[...this.#skipped.keys()].join(', ')}`);
  }
}
