import type { AttemptRecord } from '../../api/index.js';
import { CopyButton } from '../components/copy-button.js';
import { StateLabel } from '../components/state-label.js';
import { counted } from '../formats/formats.js';
import { sectionsOf } from './content-parts.js';

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
