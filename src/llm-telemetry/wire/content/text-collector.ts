/**
 * Puts together a text that comes in pieces, up to a bound: a stream may be longer than what is going to be kept of it.
 */
export class TextCollector {
  private readonly pieces: string[] = [];
  private length = 0;

  /** @param limit The most characters that are kept: bytes are never fewer. */
  constructor(private readonly limit: number) {}

  add(piece: string | null): void {
    // One character more than the limit shows that something is missing.
    if (piece === null || piece === '' || this.length > this.limit) return;
    this.length += piece.length;
    this.pieces.push(piece);
  }

  get isEmpty(): boolean {
    return this.length === 0;
  }

  toString(): string {
    return this.pieces.join('').slice(0, this.limit + 1);
  }
}
