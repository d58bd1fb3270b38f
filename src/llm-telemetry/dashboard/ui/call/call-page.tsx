import { useEffect, useState } from 'preact/hooks';
import type { CallDetail } from '../../api/index.js';
import { useLive } from '../api/live.js';
import { useApi } from '../api/use-api.js';
import { rememberCall } from '../calls/call-list.js';
import { Failed, Skeleton } from '../components/panel.js';
import { useShortcuts } from '../components/hooks.js';
import { counted, duration } from '../formats/formats.js';
import type { CallId } from '../state/call-id.js';
import { useNavigation } from '../state/navigation.js';
import { CallHead, CallNavigation, FactsCard } from './call-head.js';
import { ContentCard } from './content-card.js';
import { DetailsCard } from './details-card.js';
import { ReceiptCard } from './receipt-card.js';
import { useNeighbors, usePlace } from './use-neighbors.js';
import { Waterfall } from './waterfall.js';

/** Page of a call. `attempt`: index of the selected attempt; defaults to the last. */
export function CallPage({ id, attempt }: { id: CallId; attempt: number | undefined }) {
  const { go } = useNavigation();
  const { onCalls } = useLive();
  const [round, setRound] = useState(0);
  const result = useApi<CallDetail>(`calls/${id}`, round);
  const { data: call, error } = result;
  const newest = call?.newer === null;

  useEffect(() => rememberCall(id), [id]);
  // Calls are immutable, but the newest one gets a newer neighbor.
  useEffect(() => (newest ? onCalls(() => setRound((round) => round + 1)) : undefined), [newest, onCalls]);

  // While the next call loads, the previous one stays visible, but its controls must not act on the new address.
  const neighbors = useNeighbors(result.stale ? null : call);
  const place = usePlace(id);
  const show = (id: CallId | null): void => {
    if (id !== null) go({ place: { page: 'call', id } });
  };
  useShortcuts(neighbors.stale ? {} : { k: () => show(neighbors.newer), j: () => show(neighbors.older) });

  if (call)
    return (
      <>
        <CallNavigation {...neighbors} place={place} />
        <Call
          call={call}
          busy={result.loading}
          attempt={attempt}
          onAttempt={(attempt) => {
            if (!result.stale) go({ place: { page: 'call', id, attempt } }, 'replace');
          }}
        />
      </>
    );
  // Ids are opaque here; the service validates them.
  if (error?.status === 404 || error?.status === 400) return <Unknown id={id} />;
  if (error)
    return (
      <>
        <CallNavigation newer={null} older={null} stale={false} />
        <h1 class="sr">Call {id}</h1>
        <section class="card panel span-12">
          <Failed result={result} />
        </section>
      </>
    );
  return <Waiting id={id} />;
}

function Call({
  call,
  busy,
  attempt: asked = Infinity,
  onAttempt,
}: {
  call: CallDetail;
  busy: boolean;
  attempt: number | undefined;
  onAttempt: (attempt: number) => void;
}) {
  const { attempts, waitingTimeMs } = call.record;
  const chosen = Math.min(asked, attempts.length - 1);
  const attempt = attempts[chosen] ?? null;
  const move = (by: 1 | -1): void => onAttempt(Math.min(attempts.length - 1, Math.max(0, chosen + by)));
  useShortcuts(attempts.length > 1 ? { ArrowUp: () => move(-1), ArrowDown: () => move(1) } : {});
  const requests = counted(attempts.length, 'request');
  return (
    <>
      <CallHead call={call} />
      <FactsCard call={call} />
      {!call.batch && (
        <section class="card span-12" aria-label="Attempts" aria-busy={busy}>
          <div class="panel-head attempts-head">
            <h2>Attempts</h2>
            <span class="muted">
              {waitingTimeMs > 0 ? `${requests}, ${duration(waitingTimeMs)} waiting between them` : requests}
            </span>
            <span class="grow" />
            {attempts.length > 1 && (
              <span class="muted wide-only">
                <kbd>↑</kbd> <kbd>↓</kbd> select attempt
              </span>
            )}
          </div>
          <Waterfall call={call} chosen={chosen} onChoose={onAttempt} />
        </section>
      )}
      {attempt && <ReceiptCard call={call} attempt={attempt} />}
      <DetailsCard call={call} attempt={attempt} />
      {attempt && <ContentCard attempt={attempt} />}
    </>
  );
}

function Unknown({ id }: { id: CallId }) {
  return (
    <>
      <CallNavigation newer={null} older={null} stale={false} />
      <section class="card notice span-12">
        <h1>Call {id} not found</h1>
        <p>It does not exist, or retention removed it: the oldest calls are removed first.</p>
      </section>
    </>
  );
}

function Waiting({ id }: { id: CallId }) {
  return (
    <>
      <CallNavigation newer={null} older={null} stale={false} />
      <div class="call-title span-12">
        <h1 class="sr">Call {id}</h1>
        <Skeleton width="320px" height={30} />
      </div>
      <div class="card facts span-12" aria-busy="true">
        {['Cost', 'Duration', 'First token', 'Attempts', 'Tokens', 'Finish'].map((name) => (
          <div key={name}>
            <Skeleton width="40%" height={14} />
            <Skeleton width="70%" height={24} />
            <Skeleton width="60%" height={12} />
          </div>
        ))}
      </div>
      <div class="card panel span-12">
        <Skeleton width="100%" height={180} />
      </div>
    </>
  );
}
