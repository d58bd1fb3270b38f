import type { AttemptRecord } from '../../api/index.js';
import { CopyButton } from '../components/buttons.js';
import { StateLabel } from '../components/icons.js';
import { counted } from '../formats/formats.js';

/** Recorded prompt and response of an attempt. Renders nothing unless content recording is enabled. */
export function ContentCard({ attempt }: { attempt: AttemptRecord }) {
  const { content } = attempt;
  if (!content) return null;
  const title = `Content of attempt ${attempt.attempt + 1}`;
  return (
    <section id="content" class="card panel span-12" aria-label={title}>
      <div class="panel-head">
        <h2>{title}</h2>
        {content.truncated && (
          <StateLabel tone="warn" icon="cut">
            Truncated at the size limit
          </StateLabel>
        )}
      </div>
      {sectionsOf(content).map(({ title, pieces }) => (
        <details key={title} class="content" open>
          <summary>
            <h3>{title}</h3>
            <span class="muted">{counted(pieces.length, 'text')}</span>
          </summary>
          {pieces.map(({ title: source, text, code }, index) => (
            <div key={index} class="content-piece">
              <div class="content-head">
                <span class="muted">{source}</span>
                <CopyButton text={text} what={`${title.toLowerCase()} ${index + 1}`} />
              </div>
              <pre class={code ? 'code' : 'prose'} tabIndex={code ? 0 : undefined}>
                {text}
              </pre>
            </div>
          ))}
        </details>
      ))}
    </section>
  );
}

type Content = NonNullable<AttemptRecord['content']>;
type Part = Content['systemInstructions'][number];

/** One displayed text of a conversation. */
export interface Piece {
  /** Role, and kind if it is not plain text. */
  readonly title: string;
  readonly text: string;
  /** Rendered as code: data, not prose. */
  readonly code: boolean;
}

export interface Section {
  readonly title: 'System' | 'Input' | 'Output';
  readonly pieces: readonly Piece[];
}

/** Groups recorded content by system instructions, input and output. All content is rendered as plain text. */
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
        text: `${part.modality}, ${part.mime_type ?? 'unknown type'}: not recorded`,
        code: false,
      };
  }
}

/** Indents JSON; returns other text unchanged. */
function indented(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
