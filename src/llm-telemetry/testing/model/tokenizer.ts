/** Text that can be sent separately: one token, or the tokens of one character. */
export interface Piece {
  readonly text: string;
  readonly tokens: number;
}

export interface Tokenizer {
  count(text: string): number;
  /** Splits the first `limit` tokens of `text` into pieces. */
  pieces(text: string, limit: number): Piece[];
}

/** Thrown if the optional peer dependency `gpt-tokenizer` is not installed. @publicApi */
export class MissingTokenizerError extends Error {
  override readonly name = 'MissingTokenizerError';
  /** Identifies this class of errors; the same in every version. */
  readonly code = 'LLM_TELEMETRY_MISSING_TOKENIZER';
}

const REMEMBERED = 4096;

/**
 * Loads the `o200k_base` encoding of OpenAI's models from `gpt-tokenizer`. Anthropic publishes no tokenizer; its
 * token counts are approximated with the same encoding.
 *
 * @throws MissingTokenizerError if the optional peer dependency `gpt-tokenizer` is not installed.
 */
export async function loadTokenizer(): Promise<Tokenizer> {
  let encoding: typeof import('gpt-tokenizer');
  try {
    encoding = await import('gpt-tokenizer');
  } catch (cause) {
    throw new MissingTokenizerError(
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
      // The limit splits a character: its tokens are billed, but a partial character cannot be sent.
      if (open.length > 0) pieces.push({ text: '', tokens: open.length });
      return pieces;
    },
  };
}
