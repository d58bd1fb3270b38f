/** A piece of text that can be sent on its own: one token, or the few that make up one character. */
export interface Piece {
  readonly text: string;
  readonly tokens: number;
}

export interface Tokenizer {
  count(text: string): number;
  /** At most `limit` tokens of `text`, piece by piece. */
  pieces(text: string, limit: number): Piece[];
}

const REMEMBERED = 4096;

/**
 * The `o200k_base` encoding of OpenAI's models, by `gpt-tokenizer`. For Anthropic, which publishes no tokenizer, it
 * stands in: counts are of the right size, not the same.
 *
 * @throws Error where the optional peer dependency `gpt-tokenizer` is not installed.
 */
export async function loadTokenizer(): Promise<Tokenizer> {
  let encoding: typeof import('gpt-tokenizer');
  try {
    encoding = await import('gpt-tokenizer');
  } catch (cause) {
    throw new Error(
      'The provider emulator counts tokens with gpt-tokenizer: install it with `npm i -D gpt-tokenizer`.',
      {
        cause,
      },
    );
  }
  const { encode, decode } = encoding;
  const remembered = new Map<string, readonly number[]>();
  const encoded = (text: string): readonly number[] => {
    const known = remembered.get(text);
    if (known) return known;
    const tokens = encode(text, { disallowedSpecial: new Set() });
    if (remembered.size >= REMEMBERED) remembered.clear();
    remembered.set(text, tokens);
    return tokens;
  };
  return {
    count: (text) => encoded(text).length,
    pieces: (text, limit) => {
      const pieces: Piece[] = [];
      let open: number[] = [];
      for (const token of encoded(text).slice(0, limit)) {
        open.push(token);
        const decoded = decode(open);
        if (decoded.includes('\uFFFD')) continue;
        pieces.push({ text: decoded, tokens: open.length });
        open = [];
      }
      // A limit that falls inside a character: the tokens are billed, the half character cannot be sent.
      if (open.length > 0) pieces.push({ text: '', tokens: open.length });
      return pieces;
    },
  };
}
