/**
 * Concatenates the deltas of a text up to a limit.
 */
export class TextCollector {
  private readonly pieces: string[] = [];
  private length = 0;

  /** @param limit - maximum number of characters */
  constructor(private readonly limit: number) {}

  add(piece: string | null): void {
    // One character beyond the limit is kept, so that the caller sees that the text was cut.
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
