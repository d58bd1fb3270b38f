import type { AttemptRecord, CallDetail } from '../../api/index.js';
import { CopyButton } from '../components/copy-button.js';
import { detailsOf } from './details.js';

export function DetailsCard({ call, attempt }: { call: CallDetail; attempt: AttemptRecord | null }) {
  return (
    <section class="card panel span-5" aria-label="Details">
      <div class="panel-head">
        <h2>Details</h2>
      </div>
      <dl class="details">
        {detailsOf(call, attempt).map(({ name, value, id }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              {id ? (
                <>
                  <span class="mono">{value}</span>
                  <CopyButton text={value} what={name.toLowerCase()} />
                </>
              ) : (
                value
              )}
            </dd>
          </div>
        ))}
        <div>
          <dt>Content</dt>
          <dd class={attempt?.content ? undefined : 'muted'}>
            {attempt?.content ? (
              <a class="link" href="#content">
                Below
              </a>
            ) : (
              'Not recorded. Content is opt-in.'
            )}
          </dd>
        </div>
      </dl>
    </section>
  );
}
