import type { Status } from '../../api/index.js';
import { Popup } from '../components/popup.js';
import { wholeCount } from '../formats/formats.js';
import { missedElsewhere, missedHosts, missedText } from './missed-requests.js';

/** Requests that were not captured, with a list of all hosts and the remedy. */
export function MissedNote({ capture }: Pick<Status, 'capture'>) {
  const elsewhere = missedElsewhere(capture);
  return (
    <span>
      {missedText(capture)}.{' '}
      <Popup class="link" label="Requests that were not captured" button="All hosts">
        {() => (
          <div class="hint-popup">
            <dl class="missed-hosts">
              {missedHosts(capture).map(([host, count]) => (
                <div key={host}>
                  <dt>{host}</dt>
                  <dd>{wholeCount(count)}</dd>
                </div>
              ))}
              {elsewhere > 0 && (
                <div>
                  <dt>other hosts</dt>
                  <dd>{wholeCount(elsewhere)}</dd>
                </div>
              )}
            </dl>
            <p>
              Requests since the service started. Their client was created before the library was imported, or
              has its own transport. The log names the remedy.
            </p>
          </div>
        )}
      </Popup>
    </span>
  );
}
