import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PriceFile } from './price-file.js';
import { problemsInOverrides } from './pricing.schema.js';

const GPT = { provider: 'openai', model: 'gpt-4o' };

/** Watches a price file in a temporary folder and collects the reported messages. */
class WatchedFile {
  readonly folder = mkdtempSync(join(tmpdir(), 'prices-'));
  readonly path = join(this.folder, 'prices.json');
  readonly messages: Array<readonly [message: string, isValid: boolean]> = [];
  private file: PriceFile | null = null;
  private wake: () => void = () => {};

  /** Returns the contents of a file with prices of gpt-4o. */
  write(input: number, path = this.path): void {
    writeFileSync(path, JSON.stringify({ 'gpt-4o': { input, output: 8 } }));
  }

  open(): PriceFile {
    return (this.file = new PriceFile(this.path, problemsInOverrides, (...message) => {
      this.messages.push(message);
      this.wake();
    }));
  }

  get input(): unknown {
    return this.file!.overrides.find(GPT)?.prices.input;
  }

  /** Resolves when `count` messages have been reported. */
  async reported(count: number): Promise<void> {
    while (this.messages.length < count) await new Promise<void>((resolve) => (this.wake = resolve));
  }

  remove(): void {
    this.file?.close();
    rmSync(this.folder, { recursive: true });
  }
}

describe('price file', () => {
  let watched: WatchedFile;
  beforeEach(() => {
    watched = new WatchedFile();
  });
  afterEach(() => watched.remove());

  it('reloads when the file is written', async () => {
    watched.write(1);
    watched.open();
    expect(watched.input).toBe(1);
    watched.write(2);
    await watched.reported(1);
    expect(watched.input).toBe(2);
    expect(watched.messages).toEqual([[`Price file reloaded: ${watched.path} (1 models).`, true]]);
  });

  it('reloads each time another file is renamed over it', async () => {
    watched.write(1);
    watched.open();
    for (const input of [2, 3]) {
      const next = join(watched.folder, 'next.json');
      watched.write(input, next);
      renameSync(next, watched.path);
      await watched.reported(input - 1);
      expect(watched.input).toBe(input);
    }
  });

  it('reloads when a symbolic link points to another folder, as in Kubernetes', async () => {
    const folder = (name: string): string => join(watched.folder, name);
    for (const [name, input] of [
      ['one', 1],
      ['two', 2],
    ] as const) {
      // prettier-ignore
      mkdirSync(folder(name));
      watched.write(input, join(folder(name), 'prices.json'));
    }
    symlinkSync('one', folder('data'));
    symlinkSync('data/prices.json', watched.path);
    watched.open();
    expect(watched.input).toBe(1);
    symlinkSync('two', folder('data-new'));
    renameSync(folder('data-new'), folder('data'));
    await watched.reported(1);
    expect(watched.input).toBe(2);
  });

  it('keeps the last valid prices and warns once while the file is incomplete or missing', async () => {
    watched.write(1);
    watched.open();
    writeFileSync(watched.path, '{ "gpt-4o": { "input": 2, ');
    await watched.reported(1);
    expect(watched.input).toBe(1);
    unlinkSync(watched.path);
    writeFileSync(watched.path, '{ "gpt-4o": { "input": 2, "output"');
    watched.write(3);
    await watched.reported(2);
    expect(watched.input).toBe(3);
    expect(watched.messages).toEqual([
      [
        'Price file not reloaded, the last valid prices remain in use: ' +
          `${watched.path}:1:27: invalid JSON: unexpected end of file, a brace, bracket or quote is not closed.`,
        false,
      ],
      [`Price file reloaded: ${watched.path} (1 models).`, true],
    ]);
  });

  it('reports a removed file and reloads it when it is restored', async () => {
    watched.write(1);
    watched.open();
    unlinkSync(watched.path);
    await watched.reported(1);
    expect(watched.messages[0]![0]).toContain(`${watched.path} does not exist.`);
    watched.write(2);
    await watched.reported(2);
    expect(watched.input).toBe(2);
  });

  it('stops polling when it is closed', async () => {
    watched.write(1);
    const closed = watched.open();
    closed.close();
    const others: string[] = [];
    await new Promise<void>((resolve) => {
      const other = new PriceFile(watched.path, problemsInOverrides, (message) => {
        others.push(message);
        other.close();
        resolve();
      });
      watched.write(2);
    });
    expect(others).toHaveLength(1);
    expect(watched.messages).toEqual([]);
    expect(closed.overrides.find(GPT)?.prices.input).toBe(1);
  });

  it('throws if the file is missing or invalid', () => {
    expect(() => watched.open()).toThrow(`pricing.file is invalid: ${watched.path} does not exist.`);
    expect(() => watched.open()).toThrow(
      expect.objectContaining({ code: 'LLM_TELEMETRY_INVALID_PRICE_FILE' }),
    );
    writeFileSync(watched.path, '{ "gpt-4o": {} }');
    expect(() => watched.open()).toThrow(
      `pricing.file is invalid: ${watched.path}:1:13: "gpt-4o".input must be a price in USD: 0, or a number from 0.000001 to 1000, received undefined.`,
    );
  });

  it('appears on receipts with its modification time', () => {
    watched.write(1);
    const { overrides } = watched.open();
    expect(overrides.find(GPT)?.pricedFrom).toMatch(
      new RegExp(`^${watched.path} of \\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z$`),
    );
  });
});
