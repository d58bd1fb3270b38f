import { sharedWire } from './shared-wire.js';

/**
 * Defers code that observed requests need from the import of the library to the start of an application: nothing is
 * observed before. Returns what reads the loaded code; it returns `null` before an application starts.
 */
export function loadAtStart<Code>(load: () => Promise<Code>): () => Code | null {
  let code: Code | null = null;
  (sharedWire.loaders ??= []).push(async () => {
    code ??= await load();
  });
  return () => code;
}

/**
 * Loads all code that observed requests need, of each copy of the library in this process: the copy that taps `fetch`
 * may be another one than that of the application.
 */
export async function loadWire(): Promise<void> {
  await Promise.all((sharedWire.loaders ?? []).map((load) => load()));
}
