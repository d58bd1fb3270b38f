/** Preloaded: moves the clock of all threads of a process by `CLOCK_OFFSET_MS`. Timers and `performance` are not affected. */
const offset = Number(process.env['CLOCK_OFFSET_MS']);
const now = Date.now;

globalThis.Date = class extends Date {
  constructor(...values) {
    super(...(values.length === 0 ? [now() + offset] : values));
  }

  static now() {
    return now() + offset;
  }
};
