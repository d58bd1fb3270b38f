import type { EventReader } from './framing.js';

/** Notices that a file has content. Its bytes are neither kept nor decoded. */
export class BinaryReader implements EventReader {
  hasEvents = false;
  readonly hasForeignLines = false;

  constructor(private readonly onContent: () => void) {}

  push(chunk: Uint8Array): void {
    if (this.hasEvents || chunk.length === 0) return;
    this.hasEvents = true;
    this.onContent();
  }

  read(): void {}

  end(): void {}
}
