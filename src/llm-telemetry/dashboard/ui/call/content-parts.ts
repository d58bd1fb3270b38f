import type { AttemptRecord } from '../../api/index.js';

type Content = NonNullable<AttemptRecord['content']>;
type Part = Content['systemInstructions'][number];

/** One text of a conversation, as it is shown. */
export interface Piece {
  /** Whose it is, or what. */
  readonly title: string;
  readonly text: string;
  /** Shown as code is: it is data, and no prose. */
  readonly code: boolean;
}

export interface Section {
  readonly title: 'System' | 'Input' | 'Output';
  readonly pieces: readonly Piece[];
}

/** What a model was given and what it answered. Nothing in it is ever anything but text. */
export function sectionsOf({
  systemInstructions,
  inputMessages,
  outputMessages,
}: Content): readonly Section[] {
  const sections: readonly Section[] = [
    { title: 'System', pieces: systemInstructions.map((part) => pieceOf('system', part)) },
    {
      title: 'Input',
      pieces: inputMessages.flatMap(({ role, parts }) => parts.map((part) => pieceOf(role, part))),
    },
    {
      title: 'Output',
      pieces: outputMessages.flatMap(({ role, parts }) => parts.map((part) => pieceOf(role, part))),
    },
  ];
  return sections.filter(({ pieces }) => pieces.length > 0);
}

function pieceOf(role: string, part: Part): Piece {
  switch (part.type) {
    case 'text':
      return { title: role, text: part.content, code: false };
    case 'reasoning':
      return { title: `${role}, reasoning`, text: part.content, code: false };
    case 'tool_call':
      return { title: `${role}, calls ${part.name}`, text: indented(part.arguments), code: true };
    case 'tool_call_response':
      return { title: `${role}, result`, text: indented(part.response), code: true };
    case 'uri':
      return { title: `${role}, ${part.modality}`, text: part.uri, code: true };
    case 'blob':
      return {
        title: role,
        text: `${part.modality}, ${part.mime_type ?? 'of no known type'}: not kept`,
        code: false,
      };
  }
}

/** JSON is easier to read so; what is none stays as it is. */
function indented(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
