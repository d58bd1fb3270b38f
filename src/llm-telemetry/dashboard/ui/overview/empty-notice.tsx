import type { ComponentChildren } from 'preact';
import type { Status } from '../../api/index.js';
import { lazy } from '../components/lazy.js';
import { StateLabel } from '../components/icons.js';
import { counted, moment } from '../formats/formats.js';
import { useNavigation } from '../state/navigation.js';
import { narrowsMeasures, NO_FILTERS } from '../state/page-state.js';

const MissedNote = lazy(() => import('./missed-note.js').then((module) => module.MissedNote));

/** Explains why there are no calls, and what to do. */
export function EmptyNotice({ status }: { status: Status | null }) {
  const { state, go } = useNavigation();
  if (narrowsMeasures(state))
    return (
      <Notice title="No calls match">
        <p>No calls in this range match these filters.</p>
        <div class="actions">
          <button class="button" type="button" onClick={() => go(NO_FILTERS)}>
            Clear filters
          </button>
        </div>
      </Notice>
    );
  if (status?.store && status.store.kept > 0)
    return (
      <Notice title="No calls in this range">
        <p>
          {status.store.newest !== null &&
            `The last call ended at ${moment(status.store.newest, status.asOf)}.`}
        </p>
        <div class="actions">
          <button class="button" type="button" onClick={() => go({ range: '30d', zoom: null })}>
            Show 30 days
          </button>
        </div>
      </Notice>
    );
  return <NoCallsYet status={status} />;
}

/** Explains why measures cannot be computed for this range and these filters, and what to do. */
export function RefusedNotice({ message }: { message: string }) {
  const { state, go } = useNavigation();
  return (
    <Notice title="No measures for these filters">
      <p>{message}</p>
      <div class="actions">
        <button class="button" type="button" onClick={() => go({ range: '1h', zoom: null })}>
          Show 1 hour
        </button>
        {narrowsMeasures(state) && (
          <button class="button" type="button" onClick={() => go(NO_FILTERS)}>
            Clear filters
          </button>
        )}
      </div>
    </Notice>
  );
}

function NoCallsYet({ status }: { status: Status | null }) {
  const store = status?.store;
  return (
    <Notice title="No calls yet">
      <p>The first call appears here within two seconds.</p>
      {status && (
        <ul class="checks">
          <li>
            <StateLabel tone="ok" icon="check">
              fetch instrumented since {moment(status.startedAt, status.asOf)}
            </StateLabel>
          </li>
          {store && (
            <li>
              {store.trouble ? (
                <StateLabel tone="warn" icon="clock">
                  {store.trouble.message}
                </StateLabel>
              ) : (
                <StateLabel tone="ok" icon="check">
                  {store.where === null ? 'Calls are kept in memory' : `Store is writable: ${store.where}`}
                </StateLabel>
              )}
            </li>
          )}
          <li>
            <Requests capture={status.capture} />
          </li>
        </ul>
      )}
      <p>Annotate a method to see what it costs:</p>
      <pre class="code" tabIndex={0} aria-label="Example">
        {
          "@LlmCall({ feature: 'order_dashboard', operation: 'summarize' })\nasync summarize(orderText: string) { … }"
        }
      </pre>
      <p>
        A client with its own fetch needs <code class="mono">telemetry.wrapFetch(fetch)</code>. A client that
        is created early needs <code class="mono">import 'nestjs-llm-telemetry/register'</code> before it.
      </p>
    </Notice>
  );
}

/** Captured and missed requests. */
function Requests({ capture }: Pick<Status, 'capture'>) {
  const { requests, missedRequests } = capture;
  if (missedRequests > 0)
    return (
      <StateLabel tone="warn" icon="clock">
        <MissedNote capture={capture} />
      </StateLabel>
    );
  if (requests > 0)
    return (
      <StateLabel tone="ok" icon="check">
        {counted(requests, 'request')} to known providers captured
      </StateLabel>
    );
  return (
    <StateLabel tone="quiet" icon="dot">
      No request to a known provider yet
    </StateLabel>
  );
}

function Notice({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <section class="card notice span-12">
      <h1>{title}</h1>
      {children}
    </section>
  );
}
