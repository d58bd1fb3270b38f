import { Documentation } from '../components/documentation.js';
import { Popup } from '../components/popup.js';
import { wholeCount } from '../formats/formats.js';
import { missedElsewhere, missedGroups, missedText, type Capture } from './missed-requests.js';

/** Requests that were not captured: a list of all hosts, with a remedy for each. */
export function MissedNote({ capture }: { capture: Capture }) {
  const elsewhere = missedElsewhere(capture);
  return (
    <span>
      {missedText(capture)}.{' '}
      <Popup class="link" label="Requests that were not captured" button="All hosts and remedies">
        {() => (
          <div class="hint-popup sections">
            <section>
              <p>Since the service started.</p>
            </section>
            {missedGroups(capture).map(({ label, hosts, remedy }) => (
              <section key={label}>
                <b>{label}</b>
                <dl class="counts">
                  {hosts.map(([host, count]) => (
                    <Host key={host} name={host} count={count} />
                  ))}
                </dl>
                <p>
                  <Remedy text={remedy} />
                </p>
              </section>
            ))}
            <section>
              {elsewhere > 0 && (
                <dl class="counts">
                  <Host name="other hosts" count={elsewhere} />
                </dl>
              )}
              <p>
                {elsewhere > 0 && 'The service lists at most 50 hosts. '}
                <Documentation page="capture.md" />
              </p>
            </section>
          </div>
        )}
      </Popup>
    </span>
  );
}

function Host({ name, count }: { name: string; count: number }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{wholeCount(count)}</dd>
    </div>
  );
}

/** Text with code in backticks. */
function Remedy({ text }: { text: string }) {
  return (
    <>
      {text.split('`').map((part, index) =>
        index % 2 === 0 ? (
          part
        ) : (
          <code key={index} class="mono">
            {part}
          </code>
        ),
      )}
    </>
  );
}
